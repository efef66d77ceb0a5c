import fc from "fast-check";
import { expect, test } from "vitest";
import { guaranteedCohort } from "../cohort.ts";
import { InputError } from "../errors.ts";
import { roundPlan } from "../plan.ts";
import { gridUnit, type Layout, layOut } from "../questions/layout.ts";
import { plainPlan, smallTask } from "../round/testing.ts";
import { DiscreteGaussian } from "./discrete-gaussian.ts";
import { decodeParticipants, encodeParticipant as encode, encodeRecordSum, squaredNorm } from "./encode.ts";
import { rotationSigns } from "./hadamard.ts";
import type { RandomSource } from "./random.ts";
import { seededRandom } from "./testing/seeded.ts";

/** `MURMUR_GOALS=whole` measures all that a goal asks for, otherwise a part that is quick. */
const wholeGoals = process.env.MURMUR_GOALS === "whole";

const part = (name: string, length: number, bound: number, unit = gridUnit("participant", length, bound)) => ({
  name,
  length,
  bound,
  unit,
  rounded: true,
});
const layouts: Layout[] = [
  layOut("participant", [part("a", 1, 1)]),
  layOut("participant", [part("a", 12, 1), part("b", 5, 0.01)]),
  layOut("participant", [part("a", 40, 2)]),
  // A grid so coarse that rounding is most of the norm.
  layOut("participant", [part("a", 40, 1, 1), part("b", 3, 2, 1)]),
];

const signs = new Map(
  await Promise.all(
    layouts.map(async ({ dimension }) => [dimension, await rotationSigns(new Uint8Array(32), dimension)] as const),
  ),
);
const encodeParticipant = (vector: Float64Array, layout: Layout, random: RandomSource) =>
  encode(vector, layout, signs.get(layout.dimension)!, random);
/** In the segments' grids, as the coordinator reads a sum. */
const decode = (integers: ArrayLike<number>) =>
  decodeParticipants(Float64Array.from(integers), signs.get(integers.length)!);

const coordinate = fc.oneof(
  fc.constantFrom(
    0,
    -0,
    5e-324,
    -5e-324,
    1e-310,
    1e-160,
    1e154,
    -1e154,
    1e200,
    Number.MAX_VALUE,
    -Number.MAX_VALUE,
    1,
    -1,
  ),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.double({ min: -2, max: 2, noNaN: true }),
);
const adversarial = (dimension: number) =>
  fc.oneof(
    fc.array(coordinate, { minLength: dimension, maxLength: dimension }),
    fc
      .tuple(fc.nat(dimension - 1), coordinate)
      .map(([at, x]) => Array.from({ length: dimension }, (_, i) => (i === at ? x : 0))),
    coordinate.map((x) => new Array<number>(dimension).fill(x)),
  );

test.each(layouts.map((layout, i) => [i, layout] as const))(
  "whatever the vector, a participant's integers stay within Δ̂ (layout %i)",
  (i, layout) => {
    const random = seededRandom(i);
    fc.assert(
      fc.property(adversarial(layout.dimension), (vector) => {
        const integers = encodeParticipant(Float64Array.from(vector), layout, random);
        expect(squaredNorm(integers) <= BigInt(Math.floor(layout.sensitivity ** 2))).toBe(true);
      }),
      { seed: 11, numRuns: 1500 },
    );
  },
);

test("a vector at the bound of every segment, rounded a thousand times, stays within Δ̂", () => {
  const random = seededRandom(8);
  for (const layout of layouts) {
    const vector = new Float64Array(layout.dimension);
    for (const { offset, length, bound } of layout.segments)
      vector.fill(bound / Math.sqrt(length), offset, offset + length);
    for (let n = 0; n < 250; n++) {
      const square = Number(squaredNorm(encodeParticipant(vector, layout, random)));
      expect(square).toBeLessThanOrEqual(layout.sensitivity ** 2);
    }
  }
});

test.each([Number.NaN, Infinity, -Infinity])("%f is refused by the segment's name", (bad) => {
  const layout = layouts[1]!;
  const vector = new Float64Array(layout.dimension);
  vector[14] = bad;
  expect(() => encodeParticipant(vector, layout, seededRandom(1))).toThrow(InputError);
  expect(() => encodeParticipant(vector, layout, seededRandom(1))).toThrow(/^b: coordinate 2/);
});

test("rounding is unbiased where the bound is far", () => {
  const layout = layouts[2]!;
  const { unit } = layout.segments[0]!;
  const vector = Float64Array.from({ length: 40 }, (_, i) => (i - 20.3) / (100 * unit));
  const random = seededRandom(4);
  const count = 20_000;
  const sum = new Float64Array(40);
  for (let n = 0; n < count; n++) {
    for (const [i, q] of encodeParticipant(vector, layout, random).entries()) sum[i]! += q;
  }
  // A rounding has variance ≤ 1/4: six standard errors, false alarm 1e-7 over all coordinates.
  // The rotation leaves variances as they are.
  const decoded = decode(sum);
  for (const [i, x] of vector.entries())
    expect(Math.abs(decoded[i]! / count - x * unit)).toBeLessThan(3 / Math.sqrt(count));
});

test("a vector within its bounds keeps its values to the grid, one beyond keeps its direction", () => {
  const layout = layouts[2]!;
  const { unit, bound } = layout.segments[0]!;
  const inside = Float64Array.from({ length: 40 }, (_, i) => Math.sin(i) / 4);
  const distance = (vector: Float64Array, factor: number) => {
    const decoded = decode(encodeParticipant(vector, layout, seededRandom(1)));
    return Math.sqrt(inside.reduce((sum, x, i) => sum + (decoded[i]! - x * factor * unit) ** 2, 0));
  };
  // A rounding is off by less than a step a coordinate, and the rotation keeps distances.
  expect(distance(inside, 1)).toBeLessThan(Math.sqrt(40));
  expect(
    distance(
      inside.map((x) => x * 1e6),
      bound / Math.hypot(...inside),
    ),
  ).toBeLessThan(Math.sqrt(40));
});

/** What an adapter gone wrong may hand over. */
const garbage: [string, (x: number, i: number) => number][] = [
  ["off by a thousand", (x) => x * 1000],
  ["the largest floats", (x) => Math.sign(x) * 3.4e38],
  ["bytes of something else", (_, i) => ((Math.imul(i + 1, 0x9e3779b9) >>> 0) - 2 ** 31) * 1e-3],
  ["denormals", (x) => x * 1e-310],
  ["constant", () => 7],
  ["one-hot", (_, i) => (i === 3 ? 1e30 : 0)],
  ["NaN", (x, i) => (i === 11 ? Number.NaN : x)],
  ["infinities", (x, i) => (i === 11 ? -Infinity : x)],
];

test.each(garbage)("8.23 what WebGPU returns is %s: within the bound, or refused", (_, spoil) => {
  const random = seededRandom(23);
  for (const layout of layouts) {
    for (let n = 0; n < 200; n++) {
      const vector = Float64Array.from({ length: layout.dimension }, (_, i) => spoil(random.below(2001) / 1000 - 1, i));
      const encode = () => encodeParticipant(vector, layout, random);
      if (!vector.every(Number.isFinite)) expect(encode).toThrow(InputError);
      else expect(Number(squaredNorm(encode()))).toBeLessThanOrEqual(layout.sensitivity ** 2);
    }
  }
});

/** The exponents reach from the smallest denormal to the largest double. */
const draws = wholeGoals ? 1_000_000 : 100_000;
test(`G5 ${draws} random vectors of all magnitudes never leave the bound`, () => {
  const layout = layouts[3]!;
  const random = seededRandom(5);
  const vector = new Float64Array(layout.dimension);
  const most = layout.sensitivity ** 2;
  for (let n = 0; n < draws; n++) {
    const spread = 1 + random.below(600);
    for (let i = 0; i < vector.length; i++)
      vector[i] = (random.below(2) ? 1 : -1) * 2 ** (random.below(spread) - random.below(spread));
    const square = Number(squaredNorm(encodeParticipant(vector, layout, random)));
    if (square > most) expect.fail(`‖q‖² = ${square} of ${most} at draw ${n}`);
  }
});

test("an answer of another dimension is our own error", () => {
  const layout = layouts[0]!;
  expect(() => encodeParticipant(new Float64Array(2), layout, seededRandom(1))).toThrow(/invariant/);
  expect(() => encodeRecordSum(new Int32Array(2), layout)).toThrow(/invariant/);
});

test("squaredNorm is exact", () => {
  const integer = fc.oneof(
    fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
    fc.constantFrom(-(2 ** 31), 2 ** 31 - 1, 2 ** 26, 2 ** 26 + 1, -(2 ** 26) - 1, 1),
  );
  fc.assert(
    fc.property(fc.array(integer, { maxLength: 300 }), (values) => {
      expect(squaredNorm(Int32Array.from(values))).toBe(values.reduce((s, q) => s + BigInt(q) ** 2n, 0n));
    }),
    { seed: 12 },
  );
  // Many squares just below the block's limit, where doubles would begin to lose ones.
  const many = new Int32Array(1000).fill(2 ** 26 - 1);
  expect(squaredNorm(many)).toBe(1000n * (2n ** 26n - 1n) ** 2n);
});

/** Of 125,000 coordinates 1 % is five standard errors of a deviation (false alarm 6e-7 a figure). */
test.each([8, 64, 256])(
  "8.20 G4 the decoded sum of %i tabs carries the noise that is promised, to a hundredth, at 0, θ/2 and θ dropouts",
  async (size) => {
    const [theta, colluding] = [0.25, 0.125];
    const task = smallTask({
      privacy: { unit: "participant", epsilon: 2, delta: 1e-5 },
      cohort: { minimum: 3, maximum: 255, dropoutTolerance: theta, colludingShare: colluding },
    });
    const z = 3;
    const plan = roundPlan(
      task,
      { ...plainPlan, noiseMultiplier: { profile: z, train: z, tree: z, moments: z, explain: z, evaluate: z } },
      "train",
      size,
    );
    const { honest, survivors } = guaranteedCohort(task, size);
    const dimension = wholeGoals ? 1_000_000 : 125_000;
    const rotation = await rotationSigns(new Uint8Array(32), dimension);
    const sampler = new DiscreteGaussian(plan.localVariance);
    const random = seededRandom(77 + size);
    const promised = z * plan.layout.sensitivity;
    const sum = new Float64Array(dimension);
    for (let tabs = 1; tabs <= size; tabs++) {
      for (let i = 0; i < dimension; i++) sum[i]! += sampler.sample(random);
      if (![survivors, size * (1 - theta / 2), size].includes(tabs)) continue;
      const decoded = decodeParticipants(sum, rotation);
      const deviation = Math.sqrt(decoded.reduce((s, x) => s + x * x, 0) / dimension);
      expect(Math.abs(deviation / (promised * Math.sqrt(tabs / honest)) - 1)).toBeLessThan(0.01);
      // Never less than the promise, even of those who do not collude.
      expect(deviation * Math.sqrt((tabs - size * colluding) / tabs)).toBeGreaterThan(0.99 * promised);
    }
    expect(survivors).toBe(size * (1 - theta));
  },
  240_000,
);
