/**
 * Moves the multiplier of the fairness penalty by dual ascent with damping (modified differential multipliers, Platt &
 * Barr 1987): a signed pair λ⁺, λ⁻ for g ≤ τ/2 and −g ≤ τ/2, driven by the hard gap of the noisy histogram. A noisy |g|
 * is never fed to them: its mean is above 0 without any gap, and would push them up for nothing.
 *
 *   λ⁺ ← clip(λ⁺ + η(g − τ/2), 0, Λ)    λ⁻ ← clip(λ⁻ + η(−g − τ/2), 0, Λ)    μ = λ⁺ − λ⁻ + α₂·g
 *   u(cell) = clip(μ·N/N(cell), −U, U)    slope[cell][y][bin] = u(cell)·w′(cell, y, bin)
 */
import { invariant } from "../errors.ts";
import type { Task } from "../task.ts";
import { cellsOf, histogramIndex, scoreBins, type Witness } from "./histogram.ts";
import { cellsOfAttribute, topShareThreshold } from "./histogram-metrics.ts";
import { weightsOf } from "./weights.ts";
import { inverseShare, type Pair, type Penalty } from "./witness.ts";
import { demographicParity } from "./witnesses/demographic-parity.ts";

/** Without a penalty the gap of demographic parity is still reported. */
const penalties: Record<Task["fairness"]["penalty"], Penalty> = {
  none: demographicParity,
  "demographic-parity": demographicParity,
};

export interface Gains {
  /** Λ: largest multiplier */
  largestMultiplier: number;
  /** U: largest |u|; the gradient of a row's own loss is at most 1 */
  largestSlope: number;
  /** β: share of the past in the running histogram; its noise falls by √((1 − β)/(1 + β)), its age grows as 1/(1 − β) */
  memory: number;
}

/**
 * η is the task's (`fairness.step`), since how fast a multiplier may move depends on how fast the model follows. These
 * are bounds that hold everywhere: U = 4 with β = 0.8 swings, and a larger U does not press harder where clipping is what
 * limits a row's pull.
 */
export const gains: Gains = { largestMultiplier: 5, largestSlope: 2.5, memory: 0.5 };

/** Plain numbers, kept in the store between rounds. */
export interface ControllerState {
  /** λ⁺ */
  positive: number;
  /** λ⁻ */
  negative: number;
  /** Exponential moving average of the noisy histogram, started at 0, [cells, 2, bins] */
  histogram: number[];
  /** Rounds seen */
  rounds: number;
}

export interface ControllerStep {
  state: ControllerState;
  witness: Witness;
  /** Signed, by hard selection on the running histogram; null while a group has no rows, or no pair is named */
  gap: number | null;
  /** Logit above which a row is selected */
  threshold: number;
  /** μ; 0 without a penalty */
  multiplier: number;
  /** The penalty pushes as hard as it may and the gap is still above the tolerance: the constraint was not reached */
  saturated: boolean;
}

export function initialController(task: Task): ControllerState {
  return { positive: 0, negative: 0, histogram: Array(cellsOf(task).length * 2 * scoreBins.count).fill(0), rounds: 0 };
}

/** The moving average in rows of one round, without the pull of its start at 0 (Kingma & Ba 2015, §3). */
export function runningHistogram(state: ControllerState, { memory }: Gains = gains): number[] {
  const gathered = 1 - memory ** state.rounds;
  return gathered > 0 ? state.histogram.map((x) => x / gathered) : state.histogram;
}

/**
 * One round's step.
 * @param h the round's noisy histogram [cells, 2, bins]; undefined before the first one, when nothing moves
 * @param groupLabelCounts rows by cell and label from the profile [cells, 2]; undefined: no re-weighting
 */
export function stepController(
  task: Task,
  state: ControllerState,
  h: Float64Array | undefined,
  groupLabelCounts: readonly number[] | undefined,
  { largestMultiplier, largestSlope, memory }: Gains = gains,
): ControllerStep {
  invariant(h === undefined || h.length === state.histogram.length, "the histogram has the task's cells");
  invariant(h === undefined || h.every(Number.isFinite), "the decoded histogram is finite");
  const next: ControllerState = h
    ? {
        ...state,
        histogram: state.histogram.map((x, i) => memory * x + (1 - memory) * h[i]!),
        rounds: state.rounds + 1,
      }
    : state;
  const histogram = runningHistogram(next, { largestMultiplier, largestSlope, memory });
  const threshold = thresholdOf(task, histogram);
  const witness: Witness = {
    slope: Array<number>(histogram.length).fill(0),
    weight: weightsOf(task, groupLabelCounts),
  };
  const { penalty, attribute, tolerance, step } = task.fairness;
  const pair = penalisedPair(task);
  const gap = h && pair ? penalties[penalty].gap(histogram, pair, threshold) : null;
  if (penalty === "none" || pair === undefined || gap === null) {
    return { state: next, witness, gap, threshold, multiplier: 0, saturated: false };
  }
  const bounded = (x: number) => Math.min(largestMultiplier, Math.max(0, x));
  next.positive = bounded(state.positive + step * (gap - tolerance / 2));
  next.negative = bounded(state.negative + step * (-gap - tolerance / 2));
  const multiplier = next.positive - next.negative + task.objective.fairness * gap;
  const slopes = penalties[penalty].slopes(histogram, pair, threshold);
  const cells = cellsOfAttribute(task, attribute);
  let atTheLimit = 0;
  for (const { cell, byLabel } of slopes) {
    const wanted = multiplier * inverseShare(histogram, cell, cells);
    const u = Math.min(largestSlope, Math.max(-largestSlope, wanted));
    if (u !== wanted) atTheLimit++;
    byLabel.forEach((table, label) => {
      table.forEach((slope, bin) => {
        witness.slope[histogramIndex(cell, label, bin)] = u * slope;
      });
    });
  }
  const spent = Math.max(next.positive, next.negative) >= largestMultiplier || atTheLimit === slopes.length;
  return { state: next, witness, gap, threshold, multiplier, saturated: spent && Math.abs(gap) > tolerance };
}

/** Cells of the two groups held together; undefined when the task names none. */
export function penalisedPair(task: Task): Pair | undefined {
  const { attribute, groups } = task.fairness;
  if (attribute === undefined || groups === undefined) return undefined;
  const find = (group: string) => cellsOf(task).findIndex((c) => c.attribute === attribute && c.group === group);
  return [find(groups[0]), find(groups[1])];
}

/** The decision threshold of the task's fairness rule, as a logit. */
export function thresholdOf(task: Task, histogram: readonly number[]): number {
  const { topShare, threshold, attribute } = task.fairness;
  if (topShare === undefined) return Math.log(threshold / (1 - threshold));
  return topShareThreshold(histogram, cellsOfAttribute(task, attribute), topShare);
}
