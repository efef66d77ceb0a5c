/**
 * Metrics as functions of the score histogram H [cells, 2, bins], so that every one of them is post-processing of a
 * noisy secure sum and costs no privacy. Noise makes counts negative; they are taken as 0. What has no rows behind it is
 * null, never 0.
 *
 * Overall figures add up the cells of the first sensitive attribute; rows that do not disclose it are missing from them.
 */
import type { Task } from "../task.ts";
import { binCentre, binWidth, cellsOf, firstCells, histogramIndex, scoreBins } from "./histogram.ts";

export type Histogram = Float64Array | readonly number[];

const bins = scoreBins.count;

/** Counts of one label over some cells, by bin, never negative [bins]. */
export function countsOf(h: Histogram, cells: readonly number[], label: number): Float64Array {
  const counts = new Float64Array(bins);
  for (let bin = 0; bin < bins; bin++) {
    let sum = 0;
    for (const cell of cells) sum += h[histogramIndex(cell, label, bin)]!;
    counts[bin] = Math.max(0, sum);
  }
  return counts;
}

/** Cells of one attribute, or of the first. */
export function cellsOfAttribute(task: Task, attribute?: string): number[] {
  const name = attribute ?? cellsOf(task)[firstCells(task)[0]!]!.attribute;
  return cellsOf(task).flatMap((cell, index) => (cell.attribute === name ? [index] : []));
}

const total = (counts: Float64Array) => counts.reduce((a, b) => a + b, 0);
const both = (h: Histogram, cells: readonly number[]) => {
  const negatives = countsOf(h, cells, 0);
  const positives = countsOf(h, cells, 1);
  return { negatives, positives, all: negatives.map((n, bin) => n + positives[bin]!) };
};

/** Share of a bin's rows above logit `t`, taking them as evenly spread in it; the open outer bins too. */
const shareAbove = (bin: number, t: number): number =>
  Math.min(1, Math.max(0, (scoreBins.low + (bin + 1) * binWidth - t) / binWidth));

const above = (counts: Float64Array, t: number): number => counts.reduce((sum, n, bin) => sum + n * shareAbove(bin, t), 0);

/** P(z > t | cells) */
export function selectionRate(h: Histogram, cells: readonly number[], t: number): number | null {
  const { all } = both(h, cells);
  return total(all) > 0 ? above(all, t) / total(all) : null;
}

export function accuracyAt(h: Histogram, cells: readonly number[], t: number): number | null {
  const { negatives, positives, all } = both(h, cells);
  const right = above(positives, t) + total(negatives) - above(negatives, t);
  return total(all) > 0 ? right / total(all) : null;
}

/** AUC by bins, ties within a bin counting half: Σ_b P_b·(N_{<b} + ½N_b) / (P·N). */
export function aucOf(h: Histogram, cells: readonly number[]): number | null {
  const { negatives, positives } = both(h, cells);
  let below = 0;
  let wins = 0;
  for (let bin = 0; bin < bins; bin++) {
    wins += positives[bin]! * (below + negatives[bin]! / 2);
    below += negatives[bin]!;
  }
  const pairs = total(positives) * below;
  return pairs > 0 ? wins / pairs : null;
}

/** Cross-entropy in nats, each row at its bin's centre. */
export function crossEntropyOf(h: Histogram, cells: readonly number[]): number | null {
  const { negatives, positives, all } = both(h, cells);
  if (total(all) === 0) return null;
  let sum = 0;
  for (let bin = 0; bin < bins; bin++) {
    const z = binCentre(bin);
    // −ln σ(z) and −ln(1 − σ(z)), stable.
    sum += positives[bin]! * Math.log1p(Math.exp(-z)) + negatives[bin]! * Math.log1p(Math.exp(z));
  }
  return sum / total(all);
}

/** The logit above which `share` of all rows lie; 0 when there are no rows. */
export function topShareThreshold(h: Histogram, cells: readonly number[], share: number): number {
  const { all } = both(h, cells);
  let wanted = total(all) * share;
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
