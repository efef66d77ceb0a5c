/**
 * Moves the multiplier of the fairness penalty by dual ascent with damping (modified differential multipliers, Platt &
 * Barr 1987): a signed pair λ⁺, λ⁻ for g ≤ τ/2 and −g ≤ τ/2, driven by the hard gap of the noisy histogram; a noisy |g|
 * would push them up for nothing. The penalty's slope is scaled by μ = λ⁺ − λ⁻ + α₂·g.
 */
import type { Task } from "../task.ts";
import { cellsOf, histogramIndex, scoreBins, type Witness } from "./histogram.ts";
import { cellsOfAttribute, topShareThreshold } from "./histogram-metrics.ts";
import { kamiranCalders } from "./weights.ts";
import { gap, slopes } from "./witnesses/demographic-parity.ts";

/**
 * Gains that reach the tolerance without swinging (Bank and Adult, 60 rounds, ε = 1…2). Faster ones (η = 1, slopes up to 8)
 * make the gap change sign and saturate, which is worse than no penalty; so does server momentum of 0.9.
 */
export const gains = {
  /** η: step of the multipliers a round */
  step: 0.05,
  /** Λ: largest multiplier */
  largestMultiplier: 5,
  /** U: largest |slope| a table may hold, per logit; a row's loss gradient is at most 1 */
  largestSlope: 1.5,
  /** Share of the past in the running histogram: noise falls by √((1 − β)/(1 + β)) */
  memory: 0.5,
} as const;

export interface ControllerState {
  positive: number;
  negative: number;
  /** Running histogram, [cells, 2, bins], and the weight that it has gathered (1 − memory^rounds) */
  histogram: number[];
  weight: number;
}

export interface ControllerStep {
  state: ControllerState;
  witness: Witness;
  /** Signed, by hard selection on the running histogram; null while a group has no rows or no pair is named */
  gap: number | null;
  /** Logit above which a row is selected */
  threshold: number;
  /** μ */
  multiplier: number;
  /** The multiplier is at its bound and the gap still outside the tolerance: the constraint was not reached */
  saturated: boolean;
}

export function initialController(task: Task): ControllerState {
  return { positive: 0, negative: 0, histogram: Array(cellsOf(task).length * 2 * scoreBins.count).fill(0), weight: 0 };
}

/** The running histogram as rows of one round. */
export const runningHistogram = (state: ControllerState): number[] =>
  state.weight > 0 ? state.histogram.map((x) => x / state.weight) : state.histogram;

/**
 * One round's step.
 * @param h this round's noisy histogram; undefined before the first one
 * @param cellCounts rows by cell and label from the profile, [cells, 2]
 */
export function stepController(
  task: Task,
  state: ControllerState,
  h: Float64Array | undefined,
  cellCounts: readonly number[],
): ControllerStep {
  const { memory, step, largestMultiplier } = gains;
  const { penalty, attribute, tolerance } = task.fairness;
  const running = h
    ? state.histogram.map((x, i) => memory * x + (1 - memory) * h[i]!)
    : state.histogram;
  const weight = h ? memory * state.weight + (1 - memory) : state.weight;
  const next: ControllerState = { ...state, histogram: running, weight };
  const histogram = runningHistogram(next);
  const threshold = thresholdOf(task, histogram);
  const pair = penalisedPair(task);
  const g = h && pair ? gap(histogram, pair, threshold) : null;
  const witness = { slope: Array<number>(running.length).fill(0), weight: weightsOf(task, cellCounts) };
  if (penalty === "none" || pair === undefined || g === null) {
    return { state: next, witness, gap: g, threshold, multiplier: 0, saturated: false };
  }
  const bounded = (x: number) => Math.min(largestMultiplier, Math.max(0, x));
  next.positive = bounded(state.positive + step * (g - tolerance / 2));
  next.negative = bounded(state.negative + step * (-g - tolerance / 2));
  const multiplier = next.positive - next.negative + task.objective.fairness * g;
  for (const { cell, byLabel } of slopes(histogram, pair, cellsOfAttribute(task, attribute), threshold)) {
    byLabel.forEach((table, label) => {
      table.forEach((slope, bin) => {
        const limited = Math.min(gains.largestSlope, Math.max(-gains.largestSlope, multiplier * slope));
        witness.slope[histogramIndex(cell, label, bin)] = limited;
      });
    });
  }
  const saturated = Math.max(next.positive, next.negative) >= largestMultiplier && Math.abs(g) > tolerance;
  return { state: next, witness, gap: g, threshold, multiplier, saturated };
}

/** Cells of the two groups held together; undefined when the task names none. */
export function penalisedPair(task: Task): [number, number] | undefined {
  const { attribute, groups } = task.fairness;
  if (attribute === undefined || groups === undefined) return undefined;
  const find = (group: string) => cellsOf(task).findIndex((cell) => cell.attribute === attribute && cell.group === group);
  return [find(groups[0]), find(groups[1])];
}

/** The decision threshold of the task's fairness rule, as a logit. */
export function thresholdOf(task: Task, histogram: readonly number[]): number {
  const { topShare, threshold, attribute } = task.fairness;
  if (topShare === undefined) return Math.log(threshold / (1 - threshold));
  return topShareThreshold(histogram, cellsOfAttribute(task, attribute), topShare);
}

/** [cells, 2]; 1 but for the cells of the attribute that is reweighed */
function weightsOf(task: Task, cellCounts: readonly number[]): number[] {
  const weight = Array<number>(cellsOf(task).length * 2).fill(1);
  if (task.fairness.weights === "none") return weight;
  const cells = cellsOfAttribute(task, task.fairness.attribute);
  const weights = kamiranCalders(cells.map((cell) => [cellCounts[2 * cell]!, cellCounts[2 * cell + 1]!]));
  cells.forEach((cell, i) => {
    weight[2 * cell] = weights[i]![0];
    weight[2 * cell + 1] = weights[i]![1];
  });
  return weight;
}
