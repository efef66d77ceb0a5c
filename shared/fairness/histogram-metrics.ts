/**
 * Metrics as functions of the score histogram H [cells, 2, bins], so that every one of them is post-processing of a
 * noisy secure sum and costs no privacy. What has no rows behind it is null, never 0 and never NaN.
 *
 * Overall figures add up the cells of the first sensitive attribute; rows that do not disclose it are missing from them.
 */
import type { Task } from "../task.ts";
import { binCentre, binWidth, cellsOf, firstCells, histogramIndex, scoreBins } from "./histogram.ts";

export type Histogram = Float64Array | readonly number[];

const bins = scoreBins.count;

/**
 * Counts of one label over some cells, by bin [bins]. Noise makes some negative; they are brought to the nearest
 * non-negative counts of the same total (the norm-sub rule of Wang et al. 2020, «Locally Differentially Private Frequency
 * Estimation with Consistency», §4). Cutting each bin off at 0 would add 0.4 σ to every empty bin and shrink every gap.
 */
export function countsOf(h: Histogram, cells: readonly number[], label: number): Float64Array {
  const counts = new Float64Array(bins);
  for (const cell of cells) for (let bin = 0; bin < bins; bin++) counts[bin]! += h[histogramIndex(cell, label, bin)]!;
  return nonNegative(counts);
}

/** max(0, x − θ) with the θ that keeps Σx: Euclidean projection onto a simplex; all 0 when Σx ≤ 0. */
function nonNegative(counts: Float64Array): Float64Array {
  if (counts.every((count) => count >= 0)) return counts;
  const sum = total(counts);
  if (!(sum > 0)) return counts.fill(0);
  let kept = 0;
  let theta = 0;
  // The largest k counts stay above 0 as long as the k-th exceeds the θ that they imply.
  for (const [i, count] of [...counts].sort((a, b) => b - a).entries()) {
    kept += count;
    if (count * (i + 1) <= kept - sum) break;
    theta = (kept - sum) / (i + 1);
  }
  return counts.map((count) => Math.max(0, count - theta));
}

/** Cells of one attribute, or of the first. */
export function cellsOfAttribute(task: Task, attribute?: string): number[] {
  const name = attribute ?? cellsOf(task)[firstCells(task)[0]!]!.attribute;
  return cellsOf(task).flatMap((cell, index) => (cell.attribute === name ? [index] : []));
}

function total(counts: Float64Array): number {
  return counts.reduce((a, b) => a + b, 0);
}

function byLabel(h: Histogram, cells: readonly number[]) {
  const negatives = countsOf(h, cells, 0);
  const positives = countsOf(h, cells, 1);
  const all = negatives.map((n, bin) => n + positives[bin]!);
  return { negatives, positives, all, rows: total(all) };
}

/** Rows in some cells. */
export const rowsIn = (h: Histogram, cells: readonly number[]): number => byLabel(h, cells).rows;

/** Share of a bin's rows above logit `t`, taking them as evenly spread in it; the open outer bins too. */
const shareAbove = (bin: number, t: number): number =>
  Math.min(1, Math.max(0, (scoreBins.low + (bin + 1) * binWidth - t) / binWidth));

const above = (counts: Float64Array, t: number): number =>
  counts.reduce((sum, count, bin) => sum + count * shareAbove(bin, t), 0);

/** P(z > t | cells), null without rows */
export function selectionRate(h: Histogram, cells: readonly number[], t: number): number | null {
  const { all, rows } = byLabel(h, cells);
  return rows > 0 ? above(all, t) / rows : null;
}

/** Share of rows on their label's side of logit `t`, null without rows */
export function accuracyAt(h: Histogram, cells: readonly number[], t: number): number | null {
  const { negatives, positives, rows } = byLabel(h, cells);
  return rows > 0 ? (above(positives, t) + total(negatives) - above(negatives, t)) / rows : null;
}

/**
 * AUC by bins, ties within a bin counting half: Σ_b P_b·(N_{<b} + ½N_b) / (P·N), the
 * Mann-Whitney form. The half
 * ignores the order inside a bin, so it reads low, by about .005 for logits of standard deviation 1.4; gaps between
 * groups keep less than that. Null when a label has no rows.
 */
export function aucOf(h: Histogram, cells: readonly number[]): number | null {
  const { negatives, positives } = byLabel(h, cells);
  let below = 0;
  let wins = 0;
  for (let bin = 0; bin < bins; bin++) {
    wins += positives[bin]! * (below + negatives[bin]! / 2);
    below += negatives[bin]!;
  }
  const pairs = total(positives) * below;
  return pairs > 0 ? wins / pairs : null;
}

/** Cross-entropy in nats, each row at its bin's centre; null without rows. */
export function crossEntropyOf(h: Histogram, cells: readonly number[]): number | null {
  const { negatives, positives, rows } = byLabel(h, cells);
  if (rows === 0) return null;
  let sum = 0;
  for (let bin = 0; bin < bins; bin++) {
    const z = binCentre(bin);
    // −ln σ(z) and −ln(1 − σ(z)); |z| < 6 here, so neither overflows.
    sum += positives[bin]! * Math.log1p(Math.exp(-z)) + negatives[bin]! * Math.log1p(Math.exp(z));
  }
  return sum / rows;
}

/** The logit above which `share` (0, 1) of all rows lie, linear inside a bin; 0 when there are no rows. */
export function topShareThreshold(h: Histogram, cells: readonly number[], share: number): number {
  const { all, rows } = byLabel(h, cells);
  let wanted = rows * share;
  if (wanted === 0) return 0;
  for (let bin = bins - 1; bin >= 0; bin--) {
    const here = all[bin]!;
    if (here >= wanted && here > 0) return scoreBins.low + (bin + 1 - wanted / here) * binWidth;
    wanted -= here;
  }
  return scoreBins.low;
}

/**
 * Largest difference of selection rates between cells, as Fairlearn's `demographic_parity_difference` between groups.
 * Cells without rows are left out; null with fewer than two.
 */
export function demographicParityDifference(h: Histogram, cells: readonly number[], t: number): number | null {
  const rates = cells.map((cell) => selectionRate(h, [cell], t)).filter((rate) => rate !== null);
  return rates.length < 2 ? null : Math.max(...rates) - Math.min(...rates);
}
