/**
 * Weights on the loss by group and label, for the cells of one attribute:
 * - reweighing (Kamiran & Calders 2012, §4.3): weights under which label and group are independent. Drawing rows more
 *   or less often does the same in the mean; a weight does it inside the clip, so no row counts twice;
 * - worst group (AFL, Mohri, Sivek & Suresh 2019, with groups for clients): min_θ max_p Σ_a p_a·L_a, p on the simplex,
 *   moved by exponentiated gradient ascent;
 * - q-fair (q-FFL, Li et al. 2020, §3, with groups for clients): Σ_a π_a·L_a^{q+1}/(q+1), so a group weighs L_a^q.
 */
import type { Task } from "../task.ts";
import { cellsOf } from "./histogram.ts";
import { cellsOfAttribute, crossEntropyOf, type Histogram, rowsIn } from "./histogram-metrics.ts";
import { smallestShare } from "./witness.ts";

/** The largest weight of a row: more would only be clipped away, and with it every other row's part in the sum. */
export const largestWeight = 10;

/**
 * w(a, y) = π_a·π_y / π_ay for the cells of one attribute, π_ay not below 1 %.
 * @param counts rows by cell of the attribute and label, [cells][2], never negative
 * @returns [cells][2]; 1 everywhere when there are no rows
 */
export function kamiranCalders(counts: readonly (readonly [number, number])[]): [number, number][] {
  const total = counts.reduce((sum, [n, p]) => sum + n + p, 0);
  if (total === 0) return counts.map(() => [1, 1]);
  const byLabel = [0, 1].map((y) => counts.reduce((sum, cell) => sum + cell[y]!, 0) / total);
  return counts.map((cell) => {
    const group = (cell[0] + cell[1]) / total;
    const weight = (y: 0 | 1) => (group * byLabel[y]!) / Math.max(smallestShare, cell[y] / total);
    return [weight(0), weight(1)];
  });
}

/** AFL's p, one a group, at the start: nothing is known of any group, so each row weighs 1 (p_a = π_a), written as 1. */
export const initialWeights = (task: Task): number[] =>
  task.fairness.weights === "worst-group" ? cellsOfAttribute(task, task.fairness.attribute).map(() => 1) : [];

/**
 * One ascent step of AFL on p_a = π_a·w_a: w_a ← w_a·exp(η·(L_a − L̄)), then Σ π_a·w_a = 1.
 * @param w weights of a row by group, [cells of the attribute]
 */
export function stepWeights(task: Task, w: readonly number[], histogram: Histogram): number[] {
  if (task.fairness.weights !== "worst-group") return [];
  const groups = lossesByGroup(task, histogram);
  if (groups === undefined) return [...w];
  const { losses, shares, mean } = groups;
  return normalised(
    w.map((x, i) => x * Math.exp(task.fairness.step * (losses[i]! - mean))),
    shares,
  );
}

/** Σ π_a·w_a = 1, none above the largest weight. */
function normalised(w: readonly number[], shares: readonly number[]): number[] {
  const total = w.reduce((sum, x, i) => sum + shares[i]! * x, 0);
  return w.map((x) => Math.min(largestWeight, x / total));
}

/** Cross-entropy in nats and share of the rows, by group; a group without rows has the mean loss. */
function lossesByGroup(task: Task, histogram: Histogram) {
  const cells = cellsOfAttribute(task, task.fairness.attribute);
  const mean = crossEntropyOf(histogram, cells);
  if (mean === null) return undefined;
  const rows = rowsIn(histogram, cells);
  return {
    mean,
    losses: cells.map((cell) => crossEntropyOf(histogram, [cell]) ?? mean),
    shares: cells.map((cell) => rowsIn(histogram, [cell]) / rows),
  };
}

/** The witness's weights [cells, 2]: 1 but for the cells of the attribute that the task re-weighs, once counts are known. */
export function weightsOf(
  task: Task,
  groupLabelCounts: readonly number[] | undefined,
  { groupWeights, histogram }: { groupWeights: readonly number[]; histogram: Histogram },
): number[] {
  const weights = Array<number>(cellsOf(task).length * 2).fill(1);
  const cells = cellsOfAttribute(task, task.fairness.attribute);
  const put = (byCell: readonly (readonly [number, number])[]) => {
    byCell.forEach((pair, i) => {
      pair.forEach((weight, label) => {
        weights[cells[i]! * 2 + label] = weight;
      });
    });
  };
  switch (task.fairness.weights) {
    case "none":
      break;
    case "kamiran-calders":
      if (groupLabelCounts) {
        const counts = cells.map((cell) => [0, 1].map((label) => Math.max(0, groupLabelCounts[cell * 2 + label]!)));
        put(kamiranCalders(counts as [number, number][]));
      }
      break;
    case "worst-group":
      put(groupWeights.map((w) => [w, w]));
      break;
    case "q-fair": {
      const groups = lossesByGroup(task, histogram);
      if (groups) {
        const { q = 1 } = task.fairness;
        const raw = groups.losses.map((loss) => loss ** q);
        put(normalised(raw, groups.shares).map((w) => [w, w]));
      }
    }
  }
  return weights;
}
