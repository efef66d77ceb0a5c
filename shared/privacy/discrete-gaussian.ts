/**
 * Exact noise on integers: N_Z(0, σ²), P(k) ∝ exp(−k²/2σ²) (Canonne, Kamath & Steinke 2020, Definition 1).
 *
 * The magnitude |k| = w·row + offset is drawn in two steps, so that no table grows with σ:
 *
 *   P │█▄              row: by its left edge's weight exp(−(w·row)²/2σ²), from a cumulative table of 128-bit
 *     │██▄             probabilities, compared 32 bits at a time (a tie, one in millions, draws the other 96)
 *     │███▄▄_          offset: uniform in the row, accepted with exp(−x/2σ²), x = offset·(2·w·row + offset), which
 *     └─w─w─w─ |k|     takes off the corner above the curve: Bernoulli(exp(−γ)) of their Algorithm 1
 *
 * A fair sign follows, and −0 is drawn again, as in their Algorithm 2. No float has a part in the released value: all
 * arithmetic is on integers below 2^53 or on BigInt.
 *
 * Formal guarantees
 * - Statistical distance to N_Z(0, σ²) at most 2^−110 a sample. Offset and sign are exact. Row probabilities come from
 *   192-bit fixed point, off by less than 2^−150 over fewer than 2^11 rows, and are cut to 128 bits, which moves 2^−117;
 *   beyond 13σ lies less than 2^−120; drawing again where an offset or −0 is refused makes either at most 4 times more.
 *
 * What it does not promise: constant time. The number of words drawn says a little about the value, so a vector is
 * noised as a whole before anything is sent.
 */
import { invariant } from "../errors.ts";
import type { RandomSource } from "./random.ts";
import type { Encoded, Noised } from "./stages.ts";

const precision = 192n;
const one = 1n << precision;
const tailDeviations = 13;
/** A row is at most σ/64 wide, so that at most one offset in five is refused, and that far out only. */
const rowsPerDeviation = 64;
/** Keeps 2σ²·n below 2^53 for every n ≤ 256 that Bernoulli(exp(−γ)) can reach: n > 256 has probability < 2^−1600. */
const largestVariance = 2n ** 44n;
/** Index of the guide: the top 10 bits of a word. */
const guideBits = 10;

export class DiscreteGaussian {
  /** w: a power of two */
  readonly #width: number;
  /** 2σ² */
  readonly #twiceVariance: number;
  /** P(row ≤ j) as four 32-bit limbs, most significant first */
  readonly #limbs: readonly [Uint32Array, Uint32Array, Uint32Array, Uint32Array];
  /** First row whose cumulative probability reaches the guide's bucket */
  readonly #guide = new Uint16Array(2 ** guideBits);

  /**
   * @param variance σ² in integers squared, times `parts`: σ² is 1/4 … 2^44
   * @param parts 1 in every plan; a σ below 1 is a fraction, and has no offsets to refuse
   */
  constructor(variance: bigint, parts = 1n) {
    invariant(4n * variance >= parts && variance <= largestVariance * parts, "a variance between 1/4 and 2^44");
    invariant(parts === 1n || variance <= parts, "fractions for a variance up to 1");
    const deviation = Math.sqrt(Number(variance) / Number(parts));
    this.#twiceVariance = 2 * Number(variance);
    this.#width = 2 ** Math.max(0, Math.floor(Math.log2(deviation / rowsPerDeviation)));
    const cumulative = cumulativeWeights(
      BigInt(this.#width),
      variance,
      parts,
      Math.ceil((tailDeviations * deviation) / this.#width) + 1,
    );
    this.#limbs = limbsOf(cumulative);
    const [top] = this.#limbs;
    for (let bucket = 0, row = 0; bucket < this.#guide.length; bucket++) {
      while (top[row]! >>> (32 - guideBits) < bucket) row++;
      this.#guide[bucket] = row;
    }
  }

  sample(random: RandomSource): number {
    for (;;) {
      const edge = this.#row(random) * this.#width;
      // Offset and sign are other bits of one word: the width is at most 2^16.
      const word = random.u32();
      const offset = word & (this.#width - 1);
      if (!this.#accepts(offset * (2 * edge + offset), random)) continue;
      const magnitude = edge + offset;
      const negative = word >>> 31 === 1;
      if (magnitude !== 0) return negative ? -magnitude : magnitude;
      if (!negative) return 0;
    }
  }

  #row(random: RandomSource): number {
    const [top] = this.#limbs;
    const word = random.u32();
    let row = this.#guide[word >>> (32 - guideBits)]!;
    while (top[row]! < word) row++;
    return top[row] === word ? this.#breakTie(row, random) : row;
  }

  /** The first row whose whole cumulative probability exceeds the 128 random bits that begin with this row's word. */
  #breakTie(from: number, random: RandomSource): number {
    const [top, ...lower] = this.#limbs;
    const rest = [random.u32(), random.u32(), random.u32()];
    let row = from;
    while (row < top.length - 1 && top[row] === top[from]) {
      const differing = lower.findIndex((limb, i) => limb[row] !== rest[i]);
      if (differing >= 0 && lower[differing]![row]! > rest[differing]!) break;
      row++;
    }
    return row;
  }

  /**
   * Bernoulli(exp(−x/2σ²)) for 0 ≤ x ≤ 2σ²: the first n at which Bernoulli(x/(2σ²·n)) fails is odd with this probability
   * (Canonne, Kamath & Steinke 2020, Algorithm 1, γ ≤ 1).
   */
  #accepts(x: number, random: RandomSource): boolean {
    if (x === 0) return true;
    let n = 1;
    while (random.below(this.#twiceVariance * n) < x) n++;
    return n % 2 === 1;
  }
}

/** Σ_{j≤row} exp(−(w·j)²/2σ²) in fixed point, rows 0 … size − 1. */
function cumulativeWeights(width: bigint, variance: bigint, parts: bigint, size: number): bigint[] {
  const first = exponential((width * width * one * parts) / (2n * variance));
  const step = (first * first) >> precision;
  const cumulative: bigint[] = [];
  let sum = 0n;
  let weight = one;
  let ratio = first;
  for (let row = 0; row < size; row++) {
    sum += weight;
    cumulative.push(sum);
    weight = (weight * ratio) >> precision;
    ratio = (ratio * step) >> precision;
  }
  return cumulative;
}

/** Cumulative weights over their total, as 128-bit fractions in four limbs. */
function limbsOf(cumulative: bigint[]): [Uint32Array, Uint32Array, Uint32Array, Uint32Array] {
  const total = cumulative.at(-1)!;
  const limb = () => new Uint32Array(cumulative.length);
  const limbs: ReturnType<typeof limbsOf> = [limb(), limb(), limb(), limb()];
  cumulative.forEach((weight, row) => {
    // The last entry is certainty: 2^128 does not fit, 2^128 − 1 is its stand-in.
    const p = weight === total ? (1n << 128n) - 1n : (weight << 128n) / total;
    limbs.forEach((words, i) => {
      words[row] = Number((p >> BigInt(96 - 32 * i)) & 0xffffffffn);
    });
  });
  return limbs;
}

/** exp(−x) for a fixed-point x in [0, 2], by its alternating series. */
function exponential(x: bigint): bigint {
  let term = one;
  let sum = one;
  for (let n = 1n; term !== 0n; n++) {
    term = (term * x) / (n * one);
    sum += n % 2n === 1n ? -term : term;
  }
  return sum;
}

/** Adds this tab's own share of the noise to every coordinate. @throws RangeError when a coordinate leaves 32 bits */
export function addNoise(vector: Encoded, variance: bigint, random: RandomSource): Noised {
  const sampler = new DiscreteGaussian(variance);
  const noised = new Int32Array(vector.length);
  for (let i = 0; i < vector.length; i++) {
    const value = vector[i]! + sampler.sample(random);
    if (value !== (value | 0))
      throw new RangeError("the noised answer does not fit 32 bits; lower the batch or the clip norm");
    noised[i] = value;
  }
  return noised as Noised;
}
