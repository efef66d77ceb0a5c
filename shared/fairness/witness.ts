/**
 * A penalty's first variation as a table the loss kernel can read. Let F be a functional of the score distributions by
 * cell. To first order, moving one row of a cell from score z by dz changes F by w′(cell, y, z)·dz/N(cell): w is the
 * *witness*, w′ its slope. So a row's gradient of μ·F is μ·w′·N/N(cell) in a loss that is a mean over N rows, and the
 * coordinator, which alone sees the global histogram, can say it for every row without knowing any (design.md, idea 2).
 */
import { type Histogram, countsOf } from "./histogram-metrics.ts";

/** w′ of one penalty for each cell it acts on: value at each bin centre, by label. */
export interface Slope {
  cell: number;
  /** [2][bins]; per logit */
  byLabel: [Float64Array, Float64Array];
}

/** A cell smaller than this share is treated as if it had it, or one lost in noise would be given an endless weight. */
const smallestShare = 0.01;

/** N/N(cell), with the floor above; `reference` are the cells that together hold all rows of the attribute. */
export function inverseShare(h: Histogram, cell: number, reference: readonly number[]): number {
  const rows = (cells: readonly number[]) =>
    countsOf(h, cells, 0).reduce((a, b) => a + b, 0) + countsOf(h, cells, 1).reduce((a, b) => a + b, 0);
  const all = rows(reference);
  return all > 0 ? 1 / Math.max(smallestShare, rows([cell]) / all) : 0;
}
