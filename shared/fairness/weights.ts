/** Reweighing (Kamiran & Calders 2012, §4.3): weights under which label and group are independent. */
import type { Task } from "../task.ts";
import { cellsOf } from "./histogram.ts";
import { cellsOfAttribute } from "./histogram-metrics.ts";
import { smallestShare } from "./witness.ts";

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

/** The witness's weights [cells, 2]: 1 but for the cells of the attribute that the task re-weighs, once counts are known. */
export function weightsOf(task: Task, groupLabelCounts: readonly number[] | undefined): number[] {
  const weights = Array<number>(cellsOf(task).length * 2).fill(1);
  if (task.fairness.weights === "none" || groupLabelCounts === undefined) return weights;
  const cells = cellsOfAttribute(task, task.fairness.attribute);
  const counts = cells.map((cell) => [0, 1].map((label) => Math.max(0, groupLabelCounts[cell * 2 + label]!)));
  kamiranCalders(counts as [number, number][]).forEach((pair, i) => {
    pair.forEach((weight, label) => {
      weights[cells[i]! * 2 + label] = weight;
    });
  });
  return weights;
}
