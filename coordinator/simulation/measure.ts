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

/** A model's answers on rows. */
export interface Judged {
  task: Task;
  yTrue: number[];
  /** Logits, and those above which the task selects a row */
  score: number[];
  threshold: number;
  /** By attribute, as `byAttribute` counts them */
  groups: Map<string, (string | null)[]>;
}

export const measure = (
  task: Task,
  encoded: Encoded,
  which: ArrayLike<number>,
  parameters: Float32Array | Float64Array,
): Measurement => measureTogether([judge(task, encoded, which, parameters)]);

/** @param which rows of those in hand */
export function judge(
  task: Task,
  { rows, network }: Encoded,
  which: ArrayLike<number>,
  parameters: Float32Array | Float64Array,
): Judged {
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
  const byAttribute = attributesOf(task).map(({ name }, a) => {
    const own = members.map((row) => {
      const cell = rows.cells[row * perRow + a]!;
      const group = cell === undisclosed ? null : cells[cell]!.group;
      return name === attribute && groups && group !== null && !groups.includes(group) ? null : group;
    });
    return [name, own] as const;
  });
  return { task, yTrue, score, threshold, groups: new Map(byAttribute) };
}

/** The rows of several runs of one task together, each with what its own model says of it. */
export function measureTogether(judged: readonly Judged[]): Measurement {
  const yTrue = judged.flatMap((one) => one.yTrue);
  const score = judged.flatMap((one) => one.score);
  const everyone = fairnessMetrics({ yTrue, score, groups: score.map(() => null), threshold: 0 });
  const above = judged.flatMap((one) => one.score.map((logit) => logit - one.threshold));
  const byAttribute = attributesOf(judged[0]!.task).map(({ name }) => {
    const groups = judged.flatMap((one) => one.groups.get(name)!);
    return [name, fairnessMetrics({ yTrue, score: above, groups, threshold: 0 })] as const;
  });
  return {
    accuracy: everyone.overall.accuracy ?? Number.NaN,
    auc: everyone.overall.auc ?? Number.NaN,
    byAttribute: Object.fromEntries(byAttribute),
  };
}
