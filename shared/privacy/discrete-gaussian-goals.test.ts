/** Goal G3: χ² of the sampler over five orders of magnitude, on as many samples as five seconds of a slow core give, or on 10^7. */
import { expect, test } from "vitest";
import { DiscreteGaussian } from "./discrete-gaussian.ts";
import { chiSquaredP } from "./testing/chi-squared.ts";
import { seededRandom } from "./testing/seeded.ts";

/** `MURMUR_GOALS=whole` measures all that a goal asks for, otherwise a part that is quick. */
const wholeGoals = process.env.MURMUR_GOALS === "whole";

/** Fixed words: were the sampler right and the seed new, one of the seven would fail once in 1,400 times. */
const count = wholeGoals ? 10_000_000 : 1_400_000;

test.each([0.5, 1, 2, 20, 200, 2_000, 10_000])(
  "G3 samples of σ = %d fit exp(−k²/2σ²) by χ² and by their distribution function",
  (sigma) => {
    const sampler = sigma === 0.5 ? new DiscreteGaussian(1n, 4n) : new DiscreteGaussian(BigInt(sigma) ** 2n);
    const random = seededRandom(40 + Math.round(sigma));
    const width = Math.max(1, Math.round(sigma / 20));
    const half = Math.floor((4.5 * sigma) / width);
    const classOf = (k: number) => Math.max(-half, Math.min(half, Math.round(k / width))) + half;
    const expected = new Float64Array(2 * half + 1);
    const reach = Math.ceil(12 * sigma);
    let total = 0;
    for (let k = -reach; k <= reach; k++) {
      const weight = Math.exp((-k * k) / (2 * sigma ** 2));
      expected[classOf(k)]! += weight;
      total += weight;
    }
    const counts = new Float64Array(2 * half + 1);
    for (let i = 0; i < count; i++) counts[classOf(sampler.sample(random))]!++;
    const scaled = expected.map((weight) => (weight / total) * count);
    expect(chiSquaredP([...counts], [...scaled])).toBeGreaterThan(1e-4);
    // Dvoretzky, Kiefer, Wolfowitz & Massart: further away once in 10^4.
    let [seen, due, farthest] = [0, 0, 0];
    for (let i = 0; i < counts.length; i++) {
      seen += counts[i]!;
      due += scaled[i]!;
      farthest = Math.max(farthest, Math.abs(seen - due));
    }
    expect(farthest / count).toBeLessThan(Math.sqrt(Math.log(2e4) / (2 * count)));
  },
  120_000,
);
