/** Two small audits beside the mechanism's: do masks ever come again, and is the noise what it is called? */

import { DiscreteGaussian } from "../discrete-gaussian.ts";
import type { RandomSource } from "../random.ts";

/**
 * How many of `count` masks begin with the same 128 bits as one before. Good keys never do; keys with 32 bits of seed
 * do once 2^17 of them are drawn (birthdays), a fixed key and counter at once.
 */
export async function repeatedMasks(mask: (round: number) => Promise<Uint32Array>, count: number): Promise<number> {
  const seen = new Set<string>();
  let repeated = 0;
  for (let round = 0; round < count; round++) {
    const fingerprint = (await mask(round)).subarray(0, 4).join(",");
    if (seen.has(fingerprint)) repeated++;
    seen.add(fingerprint);
  }
  return repeated;
}

/** Whole numbers by how often they came, and how often N_Z(0, σ²) gives them, the tails together: for a χ² test. */
export function noiseCounts(
  sample: () => number,
  variance: number,
  count: number,
): { counts: number[]; expected: number[] } {
  const reach = Math.ceil(3.5 * Math.sqrt(variance));
  const classOf = (k: number) => Math.max(-reach, Math.min(reach, k)) + reach;
  const counts = new Array<number>(2 * reach + 1).fill(0);
  const weights = new Array<number>(2 * reach + 1).fill(0);
  let total = 0;
  for (let k = -4 * reach; k <= 4 * reach; k++) {
    const weight = Math.exp((-k * k) / (2 * variance));
    weights[classOf(k)]! += weight;
    total += weight;
  }
  for (let i = 0; i < count; i++) counts[classOf(sample())]!++;
  return { counts, expected: weights.map((weight) => (weight / total) * count) };
}

/** The sampler of every tab, as `noiseCounts` takes it. */
export function realNoise(variance: number, random: RandomSource): () => number {
  const sampler = new DiscreteGaussian(BigInt(variance));
  return () => sampler.sample(random);
}
