/**
 * A penalty's first variation as a table the loss kernel can read. Let g be a functional of the score distributions by
 * cell. To first order, moving one row of a cell from score z by dz changes g by w′(cell, y, z)·dz/N(cell): w is the
 * *witness*, w′ its slope. So a row's gradient of μ·g is μ·w′·N/N(cell) in a loss that is a mean over N rows, and the
 * coordinator, which alone sees the global histogram, can say it for every row without knowing any (design.md, idea 2).
 * The gradient of a penalty F = ½g² is the one of g with μ = g.
 */
import { type Histogram, rowsIn } from "./histogram-metrics.ts";

/** A penalty on two cells; one file in witnesses/ each. */
export interface Penalty {
  /** The violation g, signed: above 0 when the first cell is favoured; null when a cell has no rows */
  gap(h: Histogram, pair: Pair, threshold: number): number | null;
  /** w′ of the surrogate of g for each cell it acts on, without N/N(cell) */
  slopes(h: Histogram, pair: Pair, threshold: number): Slope[];
}

/** Cells of the two groups held together */
export type Pair = readonly [number, number];

export interface Slope {
  cell: number;
  /** w′ at each bin centre by label, [2][bins], per logit */
  byLabel: [Float64Array, Float64Array];
}

/** A cell smaller than this share is treated as if it had it, or one lost in noise would be given an endless weight. */
export const smallestShare = 0.01;

/** N/N(cell), with the floor above; `attribute` are the cells that together hold all N rows. 0 without rows. */
export function inverseShare(h: Histogram, cell: number, attribute: readonly number[]): number {
  const rows = rowsIn(h, attribute);
  return rows > 0 ? 1 / Math.max(smallestShare, rowsIn(h, [cell]) / rows) : 0;
}
