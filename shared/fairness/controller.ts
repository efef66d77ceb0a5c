/**
 * Moves the multipliers of the fairness penalties by dual ascent with damping (modified differential multipliers, Platt
 * & Barr 1987): for each constraint a signed pair λ⁺, λ⁻ for g ≤ τ/2 and −g ≤ τ/2, driven by the hard gap of the noisy
 * histogram. A noisy |g| is never fed to them: its mean is above 0 without any gap, and would push them up for nothing.
 *
 *   λ⁺ ← clip(λ⁺ + η(g − τ/2), 0, Λ)    λ⁻ ← clip(λ⁻ + η(−g − τ/2), 0, Λ)    μ = λ⁺ − λ⁻ + α₂·g
 *   slope[cell][y][bin] = clip(Σ_constraints μ·N·w′(cell, y, bin), U)
 */
import { invariant } from "../errors.ts";
import type { Task } from "../task.ts";
import { constraintsOf, penaltiesOf, sidesOf } from "./constraints.ts";
import { cellsOf, histogramIndex, scoreBins, type Witness } from "./histogram.ts";
import { cellsOfAttribute, rowsIn, topShareThreshold } from "./histogram-metrics.ts";
import { initialWeights, stepWeights, weightsOf } from "./weights.ts";
import type { Table } from "./witness.ts";

export interface Gains {
  /** Λ: largest multiplier */
  largestMultiplier: number;
  /** U: largest slope of a row; the gradient of its own loss is at most 1 */
  largestSlope: number;
  /** β: share of the past in the running histogram; its noise falls by √((1 − β)/(1 + β)), its age grows as 1/(1 − β) */
  memory: number;
}

/**
 * η is the task's (`fairness.step`), since how fast a multiplier may move depends on how fast the model follows. These
 * are bounds that hold everywhere, unless the task names its own: U = 4 with β = 0.8 swings, and a larger U does not
 * press harder where clipping is what limits a row's pull.
 */
export const gains: Gains = { largestMultiplier: 5, largestSlope: 2.5, memory: 0.5 };

export const gainsOf = ({ fairness }: Task): Gains => ({
  ...gains,
  ...(fairness.memory !== undefined && { memory: fairness.memory }),
  ...(fairness.largestSlope !== undefined && { largestSlope: fairness.largestSlope }),
});

/** λ⁺ and λ⁻ */
export interface Multipliers {
  positive: number;
  negative: number;
}

/** Plain numbers, kept in the store between rounds. */
export interface ControllerState {
  /** By the constraint's name; one that never moved is absent */
  multipliers: Record<string, Multipliers>;
  /** Of the weights that learn, by group of the attribute; see weights.ts */
  groupWeights: number[];
  /** Exponential moving average of the noisy histogram, started at 0, [cells, 2, bins] */
  histogram: number[];
  /** Rounds seen */
  rounds: number;
}

export interface ConstraintStep {
  name: string;
  /** Signed; null while a side has no rows */
  gap: number | null;
  /** μ */
  multiplier: number;
  /** The penalty pushes as hard as it may and the gap is still above the tolerance: the constraint was not reached */
  saturated: boolean;
}

export interface ControllerStep {
  state: ControllerState;
  witness: Witness;
  constraints: ConstraintStep[];
  /** Logit above which a row is selected */
  threshold: number;
}

export function initialController(task: Task): ControllerState {
  return {
    multipliers: {},
    groupWeights: initialWeights(task),
    histogram: Array(cellsOf(task).length * 2 * scoreBins.count).fill(0),
    rounds: 0,
  };
}

/** The moving average in rows of one round, without the pull of its start at 0 (Kingma & Ba 2015, §3). */
export function runningHistogram(
  state: Pick<ControllerState, "histogram" | "rounds">,
  { memory }: Pick<Gains, "memory">,
): number[] {
  const gathered = 1 - memory ** state.rounds;
  return gathered > 0 ? state.histogram.map((x) => x / gathered) : state.histogram;
}

/** What is left of one round's noise in the running histogram, once it has run for a while. */
export const runningNoise = (noise: number, { memory }: Pick<Gains, "memory">): number =>
  noise * Math.sqrt((1 - memory) / (1 + memory));

/** What a round tells the controller. */
export interface Measured {
  /** The round's noisy histogram [cells, 2, bins]; undefined before the first one, when nothing moves */
  histogram: Float64Array | undefined;
  /** Standard deviation of the noise on one of its counts */
  noise: number;
  /** Rows by cell and label from the profile [cells, 2]; undefined: no re-weighting, groups as the histogram has them */
  groupLabelCounts: readonly number[] | undefined;
}

/** One round's step. */
export function stepController(
  task: Task,
  state: ControllerState,
  { histogram: h, noise, groupLabelCounts }: Measured,
  { largestMultiplier, largestSlope, memory }: Gains = gainsOf(task),
): ControllerStep {
  invariant(h === undefined || h.length === state.histogram.length, "the histogram has the task's cells");
  invariant(h === undefined || h.every(Number.isFinite), "the decoded histogram is finite");
  const next: ControllerState = h
    ? {
        ...state,
        multipliers: { ...state.multipliers },
        histogram: state.histogram.map((x, i) => memory * x + (1 - memory) * h[i]!),
        rounds: state.rounds + 1,
      }
    : state;
  const running = runningHistogram(next, { memory });
  const threshold = thresholdOf(task, running);
  if (h) next.groupWeights = stepWeights(task, state.groupWeights, running);
  const witness: Witness = {
    slope: Array<number>(running.length).fill(0),
    weight: weightsOf(task, groupLabelCounts, { groupWeights: next.groupWeights, histogram: running }),
  };
  if (!h) return { state: next, witness, constraints: [], threshold };

  const past = state.rounds > 0 ? runningHistogram(state, { memory }) : running;
  const sizes = cellsOf(task).map((_, cell) =>
    groupLabelCounts ? groupLabelCounts[cell * 2]! + groupLabelCounts[cell * 2 + 1]! : rowsIn(running, [cell]),
  );
  const bounded = (x: number) => Math.min(largestMultiplier, Math.max(0, x));
  const steps = constraintsOf(task, sizes, runningNoise(noise, { memory })).map((constraint) => {
    const sides = sidesOf(running, constraint);
    const { name, part, oneSided, tolerance } = constraint;
    const gap = part.gap(oneSided ? sidesOf(h, constraint) : sides, threshold, sidesOf(past, constraint));
    const before = state.multipliers[name] ?? { positive: 0, negative: 0 };
    if (gap === null) return { constraint, gap, after: before, multiplier: 0 };
    const after = {
      positive: bounded(before.positive + task.fairness.step * (gap - tolerance / 2)),
      negative: oneSided ? 0 : bounded(before.negative + task.fairness.step * (-gap - tolerance / 2)),
    };
    next.multipliers[name] = after;
    const damped = after.positive - after.negative + task.objective.fairness * gap;
    const multiplier = oneSided ? Math.max(0, damped) : damped;
    const { a, b } = part.slopes(sides, threshold);
    const scale = multiplier * rowsIn(running, constraint.attribute);
    addTable(witness, constraint.a, a, scale);
    addTable(witness, constraint.b, b, scale);
    return { constraint, gap, after, multiplier };
  });
  const limited = limitSlopes(witness, largestSlope);
  const constraints = steps.map(({ constraint, gap, after, multiplier }) => {
    const { name, a, b, tolerance, oneSided } = constraint;
    const violation = gap === null ? 0 : oneSided ? gap : Math.abs(gap);
    const spent =
      Math.max(after.positive, after.negative) >= largestMultiplier || [...a, ...b].every((cell) => limited.has(cell));
    return { name, gap, multiplier, saturated: violation > tolerance && spent };
  });
  return { state: next, witness, constraints: [...constraints, ...notHeld(task, constraints)], threshold };
}

/** Penalties of which nothing is held, because all but one of the groups are too small for the noise: said, not hushed up. */
const notHeld = (task: Task, held: readonly ConstraintStep[]): ConstraintStep[] =>
  penaltiesOf(task)
    .filter(({ name }) => !held.some((constraint) => constraint.name.startsWith(`${name}:`)))
    .map(({ name }) => ({ name: `${name}: too few rows to hold it`, gap: null, multiplier: 0, saturated: true }));

function addTable({ slope }: Witness, cells: readonly number[], table: Table, scale: number): void {
  for (const cell of cells) {
    table.forEach((slopes, label) => {
      slopes.forEach((x, bin) => {
        slope[histogramIndex(cell, label, bin)]! += scale * x;
      });
    });
  }
}

/** Scales each cell's tables down to the largest slope, keeping their shape. @returns the cells that had to be */
function limitSlopes({ slope }: Witness, largest: number): Set<number> {
  const limited = new Set<number>();
  const length = scoreBins.count;
  for (let start = 0; start < slope.length; start += length) {
    const peak = Math.max(...slope.slice(start, start + length).map(Math.abs));
    if (peak <= largest) continue;
    limited.add(Math.floor(start / (2 * length)));
    for (let i = start; i < start + length; i++) slope[i]! *= largest / peak;
  }
  return limited;
}

/** The decision threshold of the task's fairness rule, as a logit. */
export function thresholdOf(task: Task, histogram: readonly number[]): number {
  const { topShare, threshold, attribute } = task.fairness;
  if (topShare === undefined) return Math.log(threshold / (1 - threshold));
  return topShareThreshold(histogram, cellsOfAttribute(task, attribute), topShare);
}
