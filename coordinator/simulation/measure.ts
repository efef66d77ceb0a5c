/** A model on rows whose labels and groups are known: what only a simulation may do. */
import { cellsOf, undisclosed } from "../../shared/fairness/histogram.ts";
import { type FairnessMetrics, fairnessMetrics } from "../../shared/fairness/metrics.ts";
import { attributesOf, type Task } from "../../shared/task.ts";
import type { Encoded } from "./population.ts";

export interface Measurement {
  /** At probability ½ */
  accuracy: number;
  auc: number;
  /** By attribute, at the task's threshold; of the two groups the task names, where it names two */
  byAttribute: Record<string, FairnessMetrics>;
}

/**
 * @param rows of those in hand
 * @param topShare select the best share; else by threshold
 */
export function measure(
  task: Task,
  { rows, network }: Encoded,
  which: ArrayLike<number>,
  parameters: Float32Array | Float64Array,
): Measurement {
  const members = Array.from(which);
  const own = new Float64Array(parameters);
  const score = members.map((row) => network.logit(own, row));
  const yTrue = members.map((row) => rows.labels[row]!);
  const cells = cellsOf(task);
  const perRow = rows.cells.length / rows.count;
  const { topShare, threshold: probability, attribute, groups } = task.fairness;
  const threshold =
    topShare === undefined
      ? Math.log(probability / (1 - probability))
      : [...score].sort((a, b) => b - a)[Math.floor(topShare * score.length)]!;
  const everyone = fairnessMetrics({ yTrue, score, groups: members.map(() => null), threshold: 0 });
  const byAttribute = attributesOf(task).map(({ name }, a) => {
    const own = members.map((row) => {
      const cell = rows.cells[row * perRow + a]!;
      const group = cell === undisclosed ? null : cells[cell]!.group;
      return name === attribute && groups && group !== null && !groups.includes(group) ? null : group;
    });
    return [name, fairnessMetrics({ yTrue, score, groups: own, threshold })] as const;
  });
  return {
    accuracy: everyone.overall.accuracy ?? Number.NaN,
    auc: everyone.overall.auc ?? Number.NaN,
    byAttribute: Object.fromEntries(byAttribute),
  };
}
