import { expect, test } from "vitest";
import { addNoise, DiscreteGaussian } from "./discrete-gaussian.ts";
import { RandomSource } from "./random.ts";
import type { Encoded } from "./stages.ts";
import { chiSquaredP } from "./testing/chi-squared.ts";
import { seededRandom } from "./testing/seeded.ts";

const variances = [1n, 4n, 400n, 40_000n, 4_000_000n];

/** exp(−a/b) in fixed point of 400 bits, straight from the series of e^x: no recurrence over k, unlike the table. */
const bits = 400n;
function expNegative(a: bigint, b: bigint): bigint {
  // Halve the argument until it is small, then square back.
  let halvings = 0n;
  while (a > b << halvings) halvings++;
  const x = (a << bits) / (b << halvings);
  let term = 1n << bits;
  let sum = term;
  for (let n = 1n; term !== 0n; n++) {
    term = -((term * x) >> bits) / n;
    sum += term;
  }
  for (let i = 0n; i < halvings; i++) sum = (sum * sum) >> bits;
  return sum;
}

/** P(|X| ≤ k) for k = 0, 1, … in units of 2^−400. */
function cumulative(variance: bigint): bigint[] {
  const weights: bigint[] = [];
  for (let k = 0n; ; k++) {
    const weight = (k === 0n ? 1n : 2n) * expNegative(k * k, 2n * variance);
    if (weight >> 200n === 0n) break;
    weights.push(weight);
  }
  const total = weights.reduce((a, b) => a + b);
  let sum = 0n;
  return weights.map((weight) => {
    sum += weight;
    return (sum << bits) / total;
  });
}

/** A sampler fed with chosen words; throws when it asks for more than were given. */
function sampleFrom(sampler: DiscreteGaussian, given: number[]): { value: number; used: number } {
  let used = 0;
  const source = new RandomSource(() => {});
  source.u32 = () => {
    const word = given[used++];
    if (word === undefined) throw new Error("no more words");
    return word;
  };
  return { value: sampler.sample(source), used };
}

const limbsOf = (value: bigint) => [96n, 64n, 32n, 0n].map((shift) => Number((value >> shift) & 0xffffffffn));

test.each([1n, 4n, 400n])(
  "each cumulative probability of σ² = %i is right to 2^−110, by an independent computation",
  (variance) => {
    const sampler = new DiscreteGaussian(variance);
    // 128 random bits just below the true step give k, just above it give k + 1.
    const margin = 1n << 18n;
    const steps = cumulative(variance);
    for (const [k, step] of steps.entries()) {
      const at = step >> (bits - 128n);
      if (at + margin >= 1n << 128n) break;
      const below = sampleFrom(sampler, [...limbsOf(at - margin), 0, 0, 0, 0]);
      expect(below.value).toBe(k);
      const above = sampleFrom(sampler, [...limbsOf(at + margin), 0, 0, 0, 0]);
      expect(above.value).toBeGreaterThan(k);
      // Between two true steps the table may only move on by one.
      if (steps[k + 1]! >> (bits - 128n) > at + 2n * margin) expect(above.value).toBe(k + 1);
    }
  },
);

test("the largest random word gives a magnitude in the table and costs only what a tie needs", () => {
  for (const variance of variances) {
    const sampler = new DiscreteGaussian(variance);
    const top = sampleFrom(sampler, [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0]);
    expect(top.used).toBe(5);
    expect(top.value).toBeLessThanOrEqual(13 * Math.sqrt(Number(variance)) + 2);
    expect(sampleFrom(sampler, [0, 0]).value).toBe(0);
  }
});

/** A million fixed words each: if the sampler is right, a new seed would fail with probability 1e-4. */
test.each(variances)("a million samples of σ² = %i fit exp(−k²/2σ²) by χ²", (variance) => {
  const random = seededRandom(Number(variance));
  const sampler = new DiscreteGaussian(variance);
  const count = 1_000_000;
  const sigma = Math.sqrt(Number(variance));
  // Classes of whole integers, about 200 over ±4.5σ, with open ends.
  const width = Math.max(1, Math.round((9 * sigma) / 200));
  const half = Math.floor((4.2 * sigma) / width);
  const classOf = (k: number) => Math.max(-half, Math.min(half, Math.round(k / width))) + half;
  const expected = new Array<number>(2 * half + 1).fill(0);
  const counts = new Array<number>(2 * half + 1).fill(0);
  let total = 0;
  const reach = Math.ceil(12 * sigma);
  for (let k = -reach; k <= reach; k++) {
    const weight = Math.exp((-k * k) / (2 * Number(variance)));
    expected[classOf(k)]! += weight;
    total += weight;
  }
  let sum = 0;
  let squares = 0;
  let signs = 0;
  for (let i = 0; i < count; i++) {
    const k = sampler.sample(random);
    counts[classOf(k)]!++;
    sum += k;
    squares += k * k;
    signs += Math.sign(k);
  }
  expect(
    chiSquaredP(
      counts,
      expected.map((w) => (w / total) * count),
    ),
  ).toBeGreaterThan(1e-4);
  // Five standard errors each (probability 6e-7).
  expect(Math.abs(sum / count)).toBeLessThan((5 * sigma) / Math.sqrt(count));
  expect(Math.abs(signs) / Math.sqrt(count)).toBeLessThan(5);
  // For σ ≥ 1 the discrete variance is σ² to within 1e-7 (CKS 2020, Fact 8).
  expect(Math.abs(squares / count / Number(variance) - 1)).toBeLessThan(5 * Math.sqrt(2 / count));
});

test("a sign bit turned gives the same magnitude with the other sign", () => {
  const sampler = new DiscreteGaussian(400n);
  for (const word of [0x10000000, 0x7fffffff, 0xc0000000, 0xfffff000]) {
    const plus = sampleFrom(sampler, [word, 0]).value;
    expect(plus).toBeGreaterThan(0);
    expect(sampleFrom(sampler, [word, 1]).value).toBe(-plus);
  }
});

test("noise is added to every coordinate afresh", () => {
  const vector = Int32Array.from({ length: 10_000 }, (_, i) => i * 1000) as Encoded;
  const once = addNoise(vector, 400n, seededRandom(5));
  const again = addNoise(vector, 400n, seededRandom(6));
  const errors = Array.from(once, (x, i) => x - vector[i]!);
  expect(Math.sqrt(errors.reduce((s, e) => s + e * e, 0) / errors.length)).toBeGreaterThan(19);
  expect(Math.sqrt(errors.reduce((s, e) => s + e * e, 0) / errors.length)).toBeLessThan(21);
  expect(again).not.toEqual(once);
  expect(vector[1]).toBe(1000);
});

test("noise that would leave 32 bits is refused, not wrapped around", () => {
  for (const edge of [2 ** 31 - 1, -(2 ** 31)]) {
    const vector = new Int32Array(100).fill(edge) as Encoded;
    expect(() => addNoise(vector, 40_000n, seededRandom(1))).toThrow(RangeError);
  }
  const fits = new Int32Array(100).fill(2 ** 31 - 1 - 13 * 200 - 2) as Encoded;
  expect(() => addNoise(fits, 40_000n, seededRandom(1))).not.toThrow();
});

test("a variance below 1 or beyond the table's reach is our own error", () => {
  for (const variance of [0n, -1n, 10n ** 10n + 1n]) expect(() => new DiscreteGaussian(variance)).toThrow(/invariant/);
});
