import fc from "fast-check";
import { expect, test } from "vitest";
import { guaranteedCohort } from "../cohort.ts";
import { InputError } from "../errors.ts";
import { roundPlan } from "../plan.ts";
import { gridUnit, type Layout, layOut } from "../questions/layout.ts";
import { plainPlan, smallTask } from "../round/testing.ts";
import { addNoise } from "./discrete-gaussian.ts";
import { encodeParticipant, encodeRecordSum, squaredNorm } from "./encode.ts";
import { seededRandom } from "./testing/seeded.ts";

const part = (name: string, length: number, bound: number, unit = gridUnit(length, bound)) => ({
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
  for (const [i, x] of vector.entries())
    expect(Math.abs(sum[i]! / count - x * unit)).toBeLessThan(3 / Math.sqrt(count));
});

test("a vector within its bounds keeps its values to one grid step, one beyond keeps its direction", () => {
  const layout = layouts[2]!;
  const { unit, bound } = layout.segments[0]!;
  const inside = Float64Array.from({ length: 40 }, (_, i) => Math.sin(i) / 4);
  const near = encodeParticipant(inside, layout, seededRandom(1));
  for (const [i, x] of inside.entries()) expect(Math.abs(near[i]! - x * unit)).toBeLessThanOrEqual(1);
  const clipped = encodeParticipant(
    inside.map((x) => x * 1e6),
    layout,
    seededRandom(1),
  );
  const norm = Math.hypot(...inside);
  for (const [i, x] of inside.entries())
    expect(Math.abs(clipped[i]! - (x / norm) * bound * unit)).toBeLessThanOrEqual(1);
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

test("the decoded sum carries the noise that the plan promises, within 1 %, over 10^6 draws", () => {
  const task = smallTask({ cohort: { minimum: 3, maximum: 100, dropoutTolerance: 0.2, colludingShare: 0.2 } });
  const size = 10;
  const plan = roundPlan(task, { ...plainPlan, noiseMultiplier: { profile: 3, train: 3, evaluate: 3 } }, "train", size);
  const { honest, survivors } = guaranteedCohort(task, size);
  const dimension = 100_000;
  const layout = { ...plan.layout, dimension };
  const random = seededRandom(77);
  const sum = new Float64Array(dimension);
  for (let tab = 0; tab < size; tab++) {
    const noised = addNoise(encodeRecordSum(new Int32Array(dimension), layout), plan.localVariance, random);
    for (let i = 0; i < dimension; i++) sum[i]! += noised[i]!;
  }
  const deviation = Math.sqrt(sum.reduce((s, x) => s + x * x, 0) / dimension);
  const promised = 3 * plan.layout.sensitivity;
  expect(deviation / (promised * Math.sqrt(size / honest))).toBeGreaterThan(0.99);
  expect(deviation / (promised * Math.sqrt(size / honest))).toBeLessThan(1.01);
  // The survivors' own shares, without those who collude, are what the promise counts on.
  expect(honest).toBe(survivors - 2);
  expect(Number(plan.localVariance) * honest).toBeGreaterThanOrEqual(promised ** 2 * (1 - 1e-12));
});
