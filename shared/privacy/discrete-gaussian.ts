/**
 * Exact noise on integers: N_Z(0, σ²), P(k) ∝ exp(−k²/2σ²) (Canonne, Kamath & Steinke 2020, Definition 1).
 *
 * Inversion from a cumulative table of 128-bit probabilities, compared 32 bits at a time: nearly every sample needs one
 * word, and only a tie draws the other 96 bits. No float has a part in the released value.
 *
 * Formal guarantees
 * - Statistical distance to N_Z(0, σ²) at most 2^−110 a sample: probabilities are computed in 192-bit fixed point
 *   (every step of the recurrence is off by at most 2^−192, tables have below 2^20 entries), kept to 128 bits, and cut at
 *   13σ, beyond which lies less than 2^−120.
 */
import { invariant } from "../errors.ts";
import type { RandomSource } from "./random.ts";
import type { Encoded, Noised } from "./stages.ts";

const precision = 192n;
const one = 1n << precision;
const tailDeviations = 13;
/** Index of the guide: the top 12 bits of a word. */
const guideBits = 12;

export class DiscreteGaussian {
  /** P(|X| ≤ k) as four 32-bit limbs a magnitude, most significant first */
  readonly #limbs: [Uint32Array, Uint32Array, Uint32Array, Uint32Array];
  /** First magnitude whose cumulative probability reaches the guide's bucket */
  readonly #guide: Uint32Array;

  /** @param variance σ² in integers squared, 1 … 10^9 */
  constructor(readonly variance: bigint) {
    invariant(variance >= 1n && variance <= 10n ** 10n, "a variance between 1 and 10^10");
    const size = Math.ceil(tailDeviations * Math.sqrt(Number(variance))) + 2;
    const cumulative = magnitudes(variance, size);
    const total = cumulative[size - 1]!;
    const limb = () => new Uint32Array(size);
    this.#limbs = [limb(), limb(), limb(), limb()];
    for (let k = 0; k < size; k++) {
      // The last entry is certainty: 2^128 does not fit, 2^128 − 1 is its stand-in.
      const p = k === size - 1 ? (1n << 128n) - 1n : (cumulative[k]! << 128n) / total;
      for (let i = 0; i < 4; i++) this.#limbs[i]![k] = Number((p >> BigInt(96 - 32 * i)) & 0xffffffffn);
    }
    this.#guide = new Uint32Array(2 ** guideBits);
    const top = this.#limbs[0];
    for (let bucket = 0, k = 0; bucket < this.#guide.length; bucket++) {
      while (top[k]! >>> (32 - guideBits) < bucket) k++;
      this.#guide[bucket] = k;
    }
  }

  sample(random: RandomSource): number {
    const [top] = this.#limbs;
    const word = random.u32();
    let k = this.#guide[word >>> (32 - guideBits)]!;
    while (top[k]! < word) k++;
    if (top[k] === word) k = this.#breakTie(k, random);
    // A fair sign; magnitude 0 has half the others' weight in the table, see `magnitudes`.
    return random.u32() & 1 ? -k : k;
  }

  /** The first magnitude whose whole cumulative probability exceeds the 128 random bits that begin with this word. */
  #breakTie(from: number, random: RandomSource): number {
    const [top, second, third, fourth] = this.#limbs;
    const word = top[from];
    const rest = [random.u32(), random.u32(), random.u32()] as const;
    let k = from;
    const last = top.length - 1;
    while (k < last && top[k] === word) {
      const limbs = [second[k]!, third[k]!, fourth[k]!] as const;
      const differing = limbs.findIndex((limb, i) => limb !== rest[i]);
      if (differing >= 0 && limbs[differing]! > rest[differing]!) break;
      k++;
    }
    return k;
  }
}

/** Cumulative weights of |X| = 0, 1, …: 1 for 0 and 2·exp(−k²/2σ²) for k > 0, in fixed point. */
function magnitudes(variance: bigint, size: number): bigint[] {
  const first = exponential(one / (2n * variance));
  const step = (first * first) >> precision;
  const cumulative: bigint[] = [one];
  let sum = one;
  let weight = one;
  let ratio = first;
  for (let k = 1; k < size; k++) {
    weight = (weight * ratio) >> precision;
    ratio = (ratio * step) >> precision;
    sum += 2n * weight;
    cumulative.push(sum);
  }
  return cumulative;
}

/** exp(−x) for a fixed-point x in [0, 1/2], by its alternating series. */
function exponential(x: bigint): bigint {
  let term = one;
  let sum = one;
  for (let n = 1n; term !== 0n; n++) {
    term = (term * x) / (n * one);
    sum += n % 2n === 1n ? -term : term;
  }
  return sum;
}

const samplers = new Map<bigint, DiscreteGaussian>();

/** One table for each variance in use; a run has three. */
function samplerOf(variance: bigint): DiscreteGaussian {
  const known = samplers.get(variance);
  if (known) return known;
  if (samplers.size >= 16) samplers.clear();
  const sampler = new DiscreteGaussian(variance);
  samplers.set(variance, sampler);
  return sampler;
}

/** Adds this tab's own share of the noise to every coordinate. @throws RangeError when a coordinate leaves 32 bits */
export function addNoise(vector: Encoded, variance: bigint, random: RandomSource): Noised {
  const sampler = samplerOf(variance);
  const noised = new Int32Array(vector.length);
  for (let i = 0; i < vector.length; i++) {
    const value = vector[i]! + sampler.sample(random);
    if (value !== (value | 0))
      throw new RangeError("the noised answer does not fit 32 bits; lower the batch or the clip norm");
    noised[i] = value;
  }
  return noised as Noised;
}
