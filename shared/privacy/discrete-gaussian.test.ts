import { expect, test } from "vitest";
import { addNoise, DiscreteGaussian } from "./discrete-gaussian.ts";
import { RandomSource } from "./random.ts";
import type { Encoded } from "./stages.ts";
import { chiSquaredP } from "./testing/chi-squared.ts";
import { seededRandom } from "./testing/seeded.ts";

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

/** Σ_{j≤row} exp(−(w·j)²/2σ²) over the whole sum, for rows 0, 1, … of width w, in units of 2^−400. */
function cumulative(variance: bigint, width: bigint, parts = 1n): bigint[] {
  const weights: bigint[] = [];
  for (let row = 0n; ; row++) {
    const weight = expNegative((width * row) ** 2n * parts, 2n * variance);
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

test.each([
  [1n, 1n, 4n],
  [1n, 1n, 1n],
  [4n, 1n, 1n],
  [400n, 1n, 1n],
  [1_000_000_000n, 256n, 1n],
])(
  "each row's cumulative probability at σ² = %i, rows of %i, over %i is right to 2^−110, by an independent computation",
  (variance, width, parts) => {
    const sampler = new DiscreteGaussian(variance, parts);
    // 128 random bits just below the true step give the row, just above it the next; then offset 0 and a positive sign.
    const margin = 1n << 18n;
    const steps = cumulative(variance, width, parts);
    for (const [row, step] of steps.entries()) {
      const at = step >> (bits - 128n);
      const before = row === 0 ? 0n : steps[row - 1]! >> (bits - 128n);
      // Out in the tail a row's own probability falls below the margin.
      if (at + margin >= 1n << 128n || at - before <= 2n * margin) break;
      // Without a tie the three lower words are not drawn, and the first stands for offset and sign.
      const rowOf = (words: bigint) => {
        const [top, ...rest] = limbsOf(words);
        const tied = sampleRow(sampler, [top!, ...rest, 0, 0, 0, 0]);
        return Math.abs(tied) / Number(width);
      };
      expect(Math.floor(rowOf(at - margin))).toBe(row);
      const above = Math.floor(rowOf(at + margin));
      expect(above).toBeGreaterThan(row);
      // Between two true steps the table may only move on by one.
      if (steps[row + 1]! >> (bits - 128n) > at + 2n * margin) expect(above).toBe(row + 1);
    }
  },
);

/** The drawn magnitude where the sampler refuses no offset. */
function sampleRow(sampler: DiscreteGaussian, given: number[]): number {
  let used = 0;
  const source = { u32: () => given[used++]!, below: () => Infinity } as never;
  return sampler.sample(source);
}

test("a tie on 32 bits is decided by the 96 that follow, and only then are they drawn", () => {
  const sampler = new DiscreteGaussian(1n);
  const word = limbsOf(cumulative(1n, 1n)[0]! >> (bits - 128n))[0]!;
  const all = 0xffffffff;
  // The row's word, its 96 bits on a tie, the word of offset and sign (0: positive).
  expect(sampleFrom(sampler, [word, 0, 0, 0, 0])).toEqual({ value: 0, used: 5 });
  expect(sampleFrom(sampler, [word, all, all, all, 0])).toEqual({ value: 1, used: 5 });
  expect(sampleFrom(sampler, [word - 1, 0])).toEqual({ value: 0, used: 2 });
  expect(sampleFrom(sampler, [word + 1, 0])).toEqual({ value: 1, used: 2 });
});

test("an offset is refused by Algorithm 1's coins: the n-th falls with chance x/(2σ²·n), and an even n refuses", () => {
  const variance = 1_000_000_000;
  const sampler = new DiscreteGaussian(BigInt(variance));
  const word = 0xa0000000;
  const edge = sampleRow(sampler, [word, 0, 0]);
  const x = 100 * (2 * edge + 100);
  /** Offset 100 with these coins, then (only where it is refused) offset 7 with one that accepts. */
  const draw = (...coins: number[]) => {
    const bounds: number[] = [];
    const words = [word, 100];
    if (coins.length % 2 === 0) words.push(word, 7);
    const source = {
      u32: () => words.shift()!,
      below: (bound: number) => [...coins, Infinity][bounds.push(bound) - 1]!,
    } as never;
    return { value: sampler.sample(source) - edge, coins: bounds.map((bound) => bound / (2 * variance)) };
  };
  expect(edge).toBeGreaterThan(10_000);
  expect(draw(x)).toEqual({ value: 100, coins: [1] });
  expect(draw(x - 1, x)).toEqual({ value: 7, coins: [1, 2, 1] });
  expect(draw(x - 1, x - 1, x)).toEqual({ value: 100, coins: [1, 2, 3] });
});

test("the largest random words give the last magnitude of the table", () => {
  for (const variance of [1n, 4n, 400n, 40_000n, 4_000_000n]) {
    const sampler = new DiscreteGaussian(variance);
    const all = 0xffffffff;
    const { value, used } = sampleFrom(sampler, [all, all, all, all, 0]);
    expect(used).toBe(5);
    expect(value).toBeGreaterThanOrEqual(13 * Math.sqrt(Number(variance)));
    expect(value).toBeLessThan(13.1 * Math.sqrt(Number(variance)) + 2);
    expect(sampleFrom(sampler, [0, 0]).value).toBe(0);
  }
});

test("a sign bit turned gives the same magnitude with the other sign; −0 is drawn again", () => {
  const sampler = new DiscreteGaussian(400n);
  for (const word of [0x10000000, 0x7fffffff, 0xc0000000, 0xfffff000]) {
    const plus = sampleFrom(sampler, [word, 0]).value;
    expect(plus).toBeGreaterThan(0);
    expect(sampleFrom(sampler, [word, 0x80000000]).value).toBe(-plus);
  }
  expect(sampleFrom(sampler, [0, 0x80000000, 0, 0])).toEqual({ value: 0, used: 4 });
});

/** Fixed words: if the sampler is right, a new seed would fail with probability 1e-4 a figure. */
test.each([
  [1n, 1_000_000],
  [4n, 1_000_000],
  [400n, 1_000_000],
  [40_000n, 1_000_000],
  [4_000_000n, 500_000],
  // Rows are widest, σ/64: without refusals the variance would be 1.2 % too large, nine standard errors.
  [2n ** 28n, 1_000_000],
  [1_000_000_000n, 500_000],
])("samples of σ² = %i fit exp(−k²/2σ²) by χ², and their moments", (variance, count) => {
  const random = seededRandom(Number(variance));
  const sampler = new DiscreteGaussian(variance);
  const sigma = Math.sqrt(Number(variance));
  // Classes of whole integers, about 200 over ±4.5σ, with open ends.
  const width = Math.max(1, Math.round((9 * sigma) / 200));
  const half = Math.floor((4.2 * sigma) / width);
  const classOf = (k: number) => Math.max(-half, Math.min(half, Math.round(k / width))) + half;
  const expected = new Float64Array(2 * half + 1);
  const counts = new Float64Array(2 * half + 1);
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
    if (Object.is(k, -0)) expect.fail("−0");
    counts[classOf(k)]!++;
    sum += k;
    squares += k * k;
    signs += Math.sign(k);
  }
  const scaled = [...expected].map((w) => (w / total) * count);
  expect(chiSquaredP([...counts], scaled)).toBeGreaterThan(1e-4);
  // Five standard errors each (probability 6e-7).
  expect(Math.abs(sum / count)).toBeLessThan((5 * sigma) / Math.sqrt(count));
  expect(Math.abs(signs) / Math.sqrt(count)).toBeLessThan(5);
  // For σ ≥ 1 the discrete variance is σ² to within 1e-6 (CKS 2020, Fact 8).
  expect(Math.abs(squares / count / Number(variance) - 1)).toBeLessThan(5 * Math.sqrt(2 / count));
});

test("noise is added to every coordinate afresh, and the input stays as it was", () => {
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
  const fits = new Int32Array(100).fill(2 ** 31 - 1 - 14 * 200) as Encoded;
  expect(() => addNoise(fits, 40_000n, seededRandom(1))).not.toThrow();
});

test("a variance below 1/4 or beyond exact integers is our own error, and so is a fraction above 1", () => {
  for (const variance of [0n, -1n, 2n ** 44n + 1n]) expect(() => new DiscreteGaussian(variance)).toThrow(/invariant/);
  for (const variance of [1n, 9n]) expect(() => new DiscreteGaussian(variance, 8n)).toThrow(/invariant/);
});

test("σ = 30,000: the table takes less than 150 ms, and 200,000 draws less than a second", () => {
  const began = performance.now();
  const sampler = new DiscreteGaussian(900_000_000n);
  const built = performance.now();
  const random = seededRandom(32);
  for (let i = 0; i < 200_000; i++) sampler.sample(random);
  expect(built - began).toBeLessThan(150);
  expect(performance.now() - built).toBeLessThan(1_000);
});
