/**
 * Mode B in a run: the coordinator adds noise that is correlated over the training rounds to what the tabs' own noise is in
 * already, and nothing but the result is ever read, stepped on or told. What it needs for the rounds to come lies in the
 * learner, so model and noise are durable at once.
 */
import type { Plan, RoundPlan } from "../shared/plan.ts";
import { BandedRelease, inverse, toeplitzCoefficients, toeplitzSensitivity } from "../shared/privacy/banded.ts";
import { RandomSource } from "../shared/privacy/random.ts";
import type { Learner } from "./learner.ts";

interface Summed {
  sum: Float64Array;
  plan: RoundPlan;
  learner: Learner;
}

/**
 * @param trained a training round's decoded sum, and what it was made by
 * @returns the same with correlated noise, a plan that knows of it, and a learner that remembers it
 */
export function withCorrelatedNoise(
  { bands }: { bands: number },
  { noiseMultiplier, participation }: NonNullable<Plan["banded"]>,
  { sum, plan, learner }: Summed,
  survivors: number,
  random = new RandomSource(),
): Summed {
  const { sensitivity, dimension } = plan.layout;
  const options = { bands, participation, sensitivity, dimension, noiseMultiplier };
  const release = new BandedRelease(options, random, learner.correlated);
  const released = release.release(sum);
  const coefficients = toeplitzCoefficients(bands);
  const spread = Math.hypot(...inverse(coefficients, release.state.rounds));
  const deviation = noiseMultiplier * toeplitzSensitivity(coefficients, participation) * sensitivity * spread;
  return {
    sum: released,
    // Each survivor's share as if it held its part of this noise too.
    plan: { ...plan, localVariance: plan.localVariance + BigInt(Math.ceil(deviation ** 2 / survivors)) },
    learner: { ...learner, correlated: release.state },
  };
}
