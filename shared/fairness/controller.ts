/**
 * Moves the multipliers of the fairness penalties by dual ascent with damping (modified differential multipliers, Platt
 * & Barr 1987): for each constraint a signed pair λ⁺, λ⁻ for g ≤ τ/2 and −g ≤ τ/2, driven by the hard gap of the noisy
 * histogram. A noisy |g| is never fed to them: its mean is above 0 without any gap, and would push them up for nothing.
 *
 *   λ⁺ ← clip(λ⁺ + η(g − τ/2), 0, U)    λ⁻ ← clip(λ⁻ + η(−g − τ/2), 0, U)    u = clip(λ⁺ − λ⁻ + α₂·g, −U, U)
 *   slope[cell][y][bin] = Σ_constraints μ·N·w′(cell, y, bin),   μ = u / max N·|w′|
 *
 * λ is counted in pulls: by how much dL/dz of the row that is moved most changes. So one η suits groups of any size: a
 * row of a small group counts for much in its rate, and a step in μ would move it as many times too far. And one factor
 * bounds both sides: cut off cell by cell, a small group's pull up would end at U while the large group is still pulled
 * down with all of μ, and the gap closes by selecting nobody. What is at U winds up no further.
 */
import { invariant } from "../errors.ts";
import type { Task } from "../task.ts";
import { constraintsOf, penaltiesOf, sidesOf } from "./constraints.ts";
import { cellsOf, histogramIndex, scoreBins, type Witness } from "./histogram.ts";
import { cellsOfAttribute, rowsIn, topShareThreshold } from "./histogram-metrics.ts";
import { initialWeights, stepWeights, weightsOf } from "./weights.ts";
import type { Table } from "./witness.ts";

export interface Gains {
  /** U: the most a constraint pulls a row; the gradient of its own loss is at most 1 */
  largestSlope: number;
  /** β: share of the past in the running histogram; its noise falls by √((1 − β)/(1 + β)), its age grows as 1/(1 − β) */
  memory: number;
}

/**
 * η is the task's (`fairness.step`), since how fast a multiplier may move depends on how fast the model follows. These
 * are bounds that hold everywhere, unless the task names its own: U = 4 with β = 0.8 swings. Where
 * U times a row's length exceeds the clip norm, clipping limits the pull, and of the small group's rows first.
 */
export const gains: Gains = { largestSlope: 2.5, memory: 0.5 };

export const gainsOf = ({ fairness }: Task): Gains => ({
  ...gains,
  ...(fairness.memory !== undefined && { memory: fairness.memory }),
  ...(fairness.largestSlope !== undefined && { largestSlope: fairness.largestSlope }),
});

/** λ⁺ and λ⁻, pulls in [0, U] */
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
  { largestSlope, memory }: Gains = gainsOf(task),
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
  const constraints = constraintsOf(task, sizes, runningNoise(noise, { memory })).map((constraint) => {
    const sides = sidesOf(running, constraint);
    const { name, part, oneSided, tolerance } = constraint;
    const gap = part.gap(oneSided ? sidesOf(h, constraint) : sides, threshold, sidesOf(past, constraint));
    const before = state.multipliers[name] ?? { positive: 0, negative: 0 };
    if (gap === null) return { name, gap, multiplier: 0, saturated: false };
    const { step } = task.fairness;
    const after = {
      positive: clip(before.positive + step * (gap - tolerance / 2), 0, largestSlope),
      negative: oneSided ? 0 : clip(before.negative + step * (-gap - tolerance / 2), 0, largestSlope),
    };
    next.multipliers[name] = after;
    const damped = after.positive - after.negative + task.objective.fairness * gap;
    const pull = clip(damped, oneSided ? 0 : -largestSlope, largestSlope);
    const { a, b } = part.slopes(sides, threshold);
    const peak = Math.max(peakOf(a), peakOf(b));
    const scale = peak > 0 ? pull / peak : 0;
    addTable(witness, constraint.a, a, scale);
    addTable(witness, constraint.b, b, scale);
    return {
      name,
      gap,
      multiplier: scale / rowsIn(running, constraint.attribute),
      saturated: (oneSided ? gap : Math.abs(gap)) > tolerance && Math.abs(pull) === largestSlope,
    };
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

const clip = (x: number, low: number, high: number): number => Math.min(high, Math.max(low, x));

/** The largest slope of a table. */
const peakOf = (table: Table): number => Math.max(...table.map((slopes) => Math.max(...slopes.map(Math.abs))));

/** The decision threshold of the task's fairness rule, as a logit. */
export function thresholdOf(task: Task, histogram: readonly number[]): number {
  const { topShare, threshold, attribute } = task.fairness;
  if (topShare === undefined) return Math.log(threshold / (1 - threshold));
  return topShareThreshold(histogram, cellsOfAttribute(task, attribute), topShare);
}
