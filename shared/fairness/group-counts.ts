/** From the noisy histogram, and where there are any the exact counts at thresholds, to what is known of each group. */
import type { Task } from "../task.ts";
import type { GroupCounts } from "./group-figures.ts";
import { cellsOf, histogramIndex, scoreBins } from "./histogram.ts";
import { cellsOfAttribute, type Histogram } from "./histogram-metrics.ts";

/** Rows above each threshold by cell and label [thresholds, cells, 2]: at probability ½, and where the task selects */
export interface ExactCounts {
  rows: Float64Array;
  /** Standard deviation of the noise on one of them */
  noise: number;
}

/**
 * @param noise standard deviation of the noise on a count of the histogram
 */
export function countsOfCells(
  h: Histogram,
  cells: readonly number[],
  noise: number,
  exact: ExactCounts | undefined,
): GroupCounts {
  const byBin = (label: 0 | 1) =>
    Float64Array.from({ length: scoreBins.count }, (_, bin) =>
      cells.reduce((sum, cell) => sum + h[histogramIndex(cell, label, bin)]!, 0),
    );
  const counts = [byBin(0), byBin(1)] as const;
  const variance = cells.length * noise ** 2;
  if (exact === undefined) return { counts, noise: variance };
  const allCells = h.length / (2 * scoreBins.count);
  const at = (threshold: number) => {
    const rows = (label: 0 | 1) =>
      cells.reduce((sum, cell) => sum + exact.rows[(threshold * allCells + cell) * 2 + label]!, 0);
    return { rows: [rows(0), rows(1)] as const, noise: cells.length * exact.noise ** 2 };
  };
  return { counts, noise: variance, likely: at(0), selected: at(1) };
}

/** By group of an attribute: of all its groups, or of the two that the task holds together. */
export function countsByGroup(
  task: Task,
  attribute: string,
  h: Histogram,
  noise: number,
  exact?: ExactCounts,
): Record<string, GroupCounts> {
  const cells = cellsOf(task);
  const { groups } = task.fairness;
  const compared = cellsOfAttribute(task, attribute).filter(
    (cell) => task.fairness.attribute !== attribute || !groups || groups.includes(cells[cell]!.group),
  );
  return Object.fromEntries(compared.map((cell) => [cells[cell]!.group, countsOfCells(h, [cell], noise, exact)]));
}
