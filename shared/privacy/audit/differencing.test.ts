import { expect, test } from "vitest";
import { muOf } from "../accountants/gaussian.ts";
import { addNoise } from "../discrete-gaussian.ts";
import { decodeParticipants, encodeParticipant } from "../encode.ts";
import { rotationSigns } from "../hadamard.ts";
import type { Encoded } from "../stages.ts";
import { seededRandom } from "../testing/seeded.ts";
import { lowerMu, trialDimension, trialLayout } from "./mechanism.ts";

const noiseMultiplier = 1;
const others = 3;
const variance = BigInt(Math.ceil((noiseMultiplier * trialLayout.sensitivity) ** 2 / (others + 1)));
const signs = await rotationSigns(new Uint8Array(32), trialDimension);
const { unit } = trialLayout.segments[0]!;
const direction = new Float64Array(trialDimension).fill(1 / Math.sqrt(trialDimension));

/**
 * Two sums of the same model, the cohort's and the cohort's without the victim, and the attacker's score of their
 * difference. He knows everybody's vector, so without noise he would be right always.
 */
function differences(trials: number, isNoiseRepeated: boolean) {
  const random = seededRandom(10);
  const vector = direction.map((x) => 4 * x);
  const nothing = new Float64Array(trialDimension);
  const length = 2 * trials * trialDimension;
  // Trials lie side by side; who stays away is replaced by a tab that has nothing to say, so the noise is as planned.
  const noise = () => {
    const sum = new Float64Array(length);
    for (let tab = 0; tab <= others; tab++)
      for (const [i, q] of addNoise(new Int32Array(length) as Encoded, variance, random).entries()) sum[i]! += q;
    return sum;
  };
  const whole = noise();
  const without = isNoiseRepeated ? whole.slice() : noise();
  const scores: { present: number[]; absent: number[] } = { present: [], absent: [] };
  for (let trial = 0; trial < 2 * trials; trial++) {
    const isVictimIn = trial % 2 === 0;
    const at = trial * trialDimension;
    const encoded = encodeParticipant(isVictimIn ? vector : nothing, trialLayout, signs, random);
    const difference = decodeParticipants(
      Float64Array.from(encoded, (q, i) => q + whole[at + i]! - without[at + i]!),
      signs,
    );
    const score = difference.reduce((total, x, i) => total + (direction[i]! * x) / unit, 0);
    scores[isVictimIn ? "present" : "absent"].push(score);
  }
  return scores;
}

/** μ-GDP's ε grows with μ, so bounds are compared as μ. A correct build fails once in 10^4 seeds. */
test("8.10 a forced pair of cohorts that differ by the victim tells no more than the one charge that was paid", () => {
  const claimed = muOf(noiseMultiplier);
  const { mu } = lowerMu(differences(3_000, false), 1e-4);
  expect(mu).toBeLessThanOrEqual(claimed);
  // Fresh noise twice: the difference has μ/√2, and the attack finds most of it.
  expect(mu).toBeGreaterThan(0.6 * (claimed / Math.SQRT2));
});

test("8.10 the same attack on tabs that repeat their noise finds far more than was claimed", () => {
  expect(lowerMu(differences(1_000, true), 1e-4).mu).toBeGreaterThan(2 * muOf(noiseMultiplier));
});
