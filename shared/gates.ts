/** The task's conditions on a model: which hold, which fail, and by how much. */
import type { PrivacyStatement, RoundRecord, RunDetail } from "./run-record.ts";
import type { Gate, Task } from "./task.ts";

/** A gate on what only `evaluate` can tell is undecided (null) until its round is finished. */
export function evaluateGates(
  task: Task,
  records: readonly RoundRecord[],
  spent: PrivacyStatement,
): RunDetail["gates"] {
  const finished = records.filter((r) => r.state === "finished");
  const { metrics, classes, ranking } = finished.find((r) => r.question === "evaluate") ?? {};
  const measured = (gate: Gate): number | null => {
    switch (gate.metric) {
      case "accuracy":
        return metrics?.accuracy ?? classes?.accuracy ?? null;
      case "auc":
        return metrics?.auc ?? null;
      case "microF1":
      case "macroF1":
        return classes?.[gate.metric] ?? null;
      case "hitRate":
      case "ndcg":
        return ranking?.[gate.metric] ?? null;
      case "epsilon":
        return spent.epsilon;
      case "cohort":
        return finished.length > 0 ? Math.min(...finished.map((r) => r.survivors)) : null;
      default:
        return metrics?.fairness?.[task.fairness.attribute ?? ""]?.gaps[gate.metric]?.value ?? null;
    }
  };
  return task.gates.map((gate) => {
    const value = measured(gate);
    return { gate, value, met: value === null ? null : excess(gate, value) <= 0 };
  });
}

/** How far a value is on the wrong side of a gate; ≤ 0 when it holds. */
export const excess = (gate: Gate, value: number): number =>
  gate.atMost !== undefined ? value - gate.atMost : gate.atLeast! - value;

/** The objective's compliance term: Σ over violated gates of the hinge max(0, excess). */
export const complianceTerm = (gates: RunDetail["gates"]): number =>
  gates.reduce((sum, { gate, value }) => sum + (value === null ? 0 : Math.max(0, excess(gate, value))), 0);
