/**
 * Training noise that cancels over the rounds (shared/privacy/banded.ts), of a server that is trusted with it: its ε holds
 * towards everybody but the coordinator. It wants a schedule that everyone keeps to: participants are dealt once into
 * groups, and the groups take turns, so that nobody is in two of any as many rounds as there are groups.
 */
import { type Plan, spareRounds } from "../../shared/plan.ts";
import type { MechanismEvent } from "../../shared/privacy/accountants/rdp.ts";
import {
  BandedRelease,
  type Participation,
  toeplitzCoefficients,
  toeplitzSensitivity,
} from "../../shared/privacy/banded.ts";
import { noiseMultiplierFor } from "../../shared/privacy/calibrate.ts";
import type { RandomSource } from "../../shared/privacy/random.ts";
import type { Layout } from "../../shared/questions/layout.ts";
import { portionOf } from "../../shared/questions/question.ts";
import type { Task } from "../../shared/task.ts";
import { drawn } from "./draw.ts";

export interface BandedNoise {
  release: BandedRelease;
  /** Standard deviation of the noise on a round's released sum, integers */
  deviation: number;
}

/** @param groups that take turns @param bands 1: independent noise under the same schedule */
export function bandedNoise(
  task: Task,
  plan: Plan,
  layout: Layout,
  { groups, bands, random }: { groups: number; bands: number; random: RandomSource },
): BandedNoise {
  // As many rounds as every other mechanism's budget is made for.
  const rounds = task.training.rounds + spareRounds(task.training.rounds);
  const participation: Participation = { rounds, minSeparation: groups, most: Math.ceil(rounds / groups) };
  const { epsilon, delta, unit } = task.privacy;
  const others = (["profile", "tree", "moments", "explain", "evaluate"] as const).filter(
    (kind) => plan.rounds[kind] > 0 && portionOf(kind, unit) === "train",
  );
  const after: MechanismEvent[] = others.map((kind) => ({
    noiseMultiplier: plan.noiseMultiplier[kind],
    sampleRate: 1,
    count: plan.rounds[kind] + (kind === "profile" || kind === "evaluate" ? 0 : 1),
  }));
  // All of C·x is one answer of one Gaussian mechanism.
  const noiseMultiplier = noiseMultiplierFor({ epsilon, delta, sampleRate: 1, count: 1, after });
  const { sensitivity, dimension } = layout;
  const coefficients = toeplitzCoefficients(bands);
  const whole = toeplitzSensitivity(coefficients, participation) * sensitivity;
  return {
    release: new BandedRelease({ bands, participation, sensitivity, dimension, noiseMultiplier }, random),
    deviation: noiseMultiplier * whole * Math.sqrt(inverse(coefficients, rounds).reduce((sum, x) => sum + x * x, 0)),
  };
}

/** Dealt at random into groups of `size` that take turns; who is over never has one. */
export function inTurns<T>(everyone: readonly T[], size: number, random: RandomSource): T[][] {
  const order = drawn(everyone, everyone.length, random);
  return Array.from({ length: Math.floor(order.length / size) }, (_, i) => order.slice(i * size, (i + 1) * size));
}

/** First column of the inverse of a lower triangular Toeplitz matrix. */
export function inverse(coefficients: ArrayLike<number>, rounds: number): Float64Array {
  const column = new Float64Array(rounds);
  column[0] = 1 / coefficients[0]!;
  for (let i = 1; i < rounds; i++) {
    let sum = 0;
    for (let k = 1; k < coefficients.length && k <= i; k++) sum += coefficients[k]! * column[i - k]!;
    column[i] = -sum / coefficients[0]!;
  }
  return column;
}
