/**
 * Training noise that cancels over the rounds (shared/privacy/banded.ts), of a server that is trusted with it: its ε holds
 * towards everybody but the coordinator. It wants a schedule that everyone keeps to: participants are dealt once into
 * groups, and the groups take turns, so that nobody is in two of any as many rounds as there are groups.
 */
import { bandedPlan, type Plan } from "../../shared/plan.ts";
import { BandedRelease, inverse, toeplitzCoefficients, toeplitzSensitivity } from "../../shared/privacy/banded.ts";
import type { RandomSource } from "../../shared/privacy/random.ts";
import type { Layout } from "../../shared/questions/layout.ts";
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
  const { noiseMultiplier, participation } = bandedPlan(task, plan, {
    minSeparation: groups,
    epsilon: task.privacy.epsilon,
  });
  const { sensitivity, dimension } = layout;
  const coefficients = toeplitzCoefficients(bands);
  const whole = toeplitzSensitivity(coefficients, participation) * sensitivity;
  return {
    release: new BandedRelease({ bands, participation, sensitivity, dimension, noiseMultiplier }, random),
    deviation:
      noiseMultiplier *
      whole *
      Math.sqrt(inverse(coefficients, participation.rounds).reduce((sum, x) => sum + x * x, 0)),
  };
}

/** Dealt at random into groups of `size` that take turns; who is over never has one. */
export function inTurns<T>(everyone: readonly T[], size: number, random: RandomSource): T[][] {
  const order = drawn(everyone, everyone.length, random);
  return Array.from({ length: Math.floor(order.length / size) }, (_, i) => order.slice(i * size, (i + 1) * size));
}
