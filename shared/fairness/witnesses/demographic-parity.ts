/**
 * Demographic parity at a threshold: g = P(z > t | A) − P(z > t | B).
 *
 * The step at t has no slope to learn from, so the variation is that of the surrogate E[σ(k(z − t)) | A] − E[… | B]: a
 * steep sigmoid, whose slope is the bump k·s(1 − s) at t. Mean-score parity (k → 0) closes the gap at the price of
 * ranking; k = 4 pays far less (fairness_governance.md §7, trap 2).
 */
import { binCentre, scoreBins } from "../histogram.ts";
import { type Histogram, selectionRate } from "../histogram-metrics.ts";
import { inverseShare, type Slope } from "../witness.ts";

/** Steepness of the surrogate, per logit. */
export const steepness = 4;

/** σ(k(z − t)) and its slope in z. */
export function surrogate(z: number, t: number): { value: number; slope: number } {
  const value = 1 / (1 + Math.exp(-steepness * (z - t)));
  return { value, slope: steepness * value * (1 - value) };
}

/** g by hard selection, signed; null when a cell has no rows. */
export function gap(h: Histogram, [a, b]: readonly [number, number], t: number): number | null {
  const rateA = selectionRate(h, [a], t);
  const rateB = selectionRate(h, [b], t);
  return rateA === null || rateB === null ? null : rateA - rateB;
}

/** w′ of the surrogate gap, times N/N(cell): + on A, − on B, the same for both labels. */
export function slopes(h: Histogram, [a, b]: readonly [number, number], reference: readonly number[], t: number): Slope[] {
  const bump = Float64Array.from({ length: scoreBins.count }, (_, bin) => surrogate(binCentre(bin), t).slope);
  return [
    [a, 1],
    [b, -1],
  ].map(([cell, sign]) => {
    const factor = sign! * inverseShare(h, cell!, reference);
    const table = bump.map((x) => x * factor);
    return { cell: cell!, byLabel: [table, table] };
  });
}
