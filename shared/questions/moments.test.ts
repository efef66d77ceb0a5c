import fc from "fast-check";
import { expect, test } from "vitest";
import { principalComponents } from "../explain/principal-components.ts";
import { reduce } from "../explain/reduce.ts";
import { entryBytes, type LedgerEntry } from "../ledger/entries.ts";
import { roundOf } from "../ledger/testing.ts";
import { architectureOf, inputWidth, parameterCount } from "../model.ts";
import { modelFileOf, openModel } from "../model-file.ts";
import { DiscreteGaussian } from "../privacy/discrete-gaussian.ts";
import { seededRandom } from "../privacy/testing/seeded.ts";
import { smallTask } from "../round/testing.ts";
import { checkTask } from "../task-rules.ts";
import { momentsLayout, readMoments, sumMoments } from "./moments.ts";

const numeric = (name: string) => ({ name, kind: "numeric", min: 0, max: 1 });
const record = smallTask({
  privacy: { unit: "record", epsilon: 2, delta: 1e-5 },
  data: {
    label: { column: "y", positive: "yes", negative: "no" },
    features: [numeric("a"), numeric("b"), numeric("c"), { name: "d", kind: "categorical", values: ["x", "z"] }],
  },
});
const width = inputWidth(record);
const layout = momentsLayout(record);
const { unit } = layout.segments[0]!;
const inWholeSteps = (sum: Float64Array) => sum.map((x) => Math.round(x * unit));

test("one row moves the sum by no more than the layout's sensitivity, in whole steps, whatever it holds", () => {
  const any = fc.oneof(
    fc.double({ min: -50, max: 50, noNaN: true }),
    fc.integer({ min: -20_000, max: 20_000 }).map((x) => x / 10_000),
    fc.constantFrom(0, 1, 1e200, Number.NaN, Infinity),
  );
  fc.assert(
    fc.property(fc.array(any, { minLength: width, maxLength: width }), (row) => {
      const others = Array<number>(3 * width).fill(0.25);
      const [without, joined] = [sumMoments(record, layout, others), sumMoments(record, layout, [...others, ...row])];
      let square = 0;
      for (const [i, x] of joined.entries()) {
        const steps = (x - without[i]!) * unit;
        expect(Math.abs(steps - Math.round(steps))).toBeLessThan(1e-6);
        square += steps ** 2;
      }
      expect(Math.sqrt(square)).toBeLessThanOrEqual(layout.sensitivity);
    }),
  );
});

/** Rows along one direction, with a little around it. */
function rowsAlong(count: number): { rows: Float64Array; direction: number[] } {
  const random = seededRandom(3);
  const raw = Array.from({ length: width }, (_, i) => (i % 2 === 0 ? 1 : -0.5));
  const norm = Math.hypot(...raw);
  const direction = raw.map((x) => x / norm);
  const centred = () => random.below(20_001) / 10_000 - 1;
  const rows = Float64Array.from({ length: count * width });
  for (let r = 0; r < count; r++) {
    const along = 0.8 * centred();
    for (let i = 0; i < width; i++) rows[r * width + i] = 0.1 + along * direction[i]! + 0.05 * centred();
  }
  return { rows, direction };
}

test("means, covariances and the first component are those of the rows", () => {
  const { rows, direction } = rowsAlong(2000);
  const told = readMoments(record, layout, inWholeSteps(sumMoments(record, layout, rows)), 0.01)!;
  const at = (r: number, i: number) => rows[r * width + i]!;
  const mean = Array.from(
    { length: width },
    (_, i) => Array.from({ length: 2000 }, (_, r) => at(r, i)).reduce((a, b) => a + b) / 2000,
  );
  for (let i = 0; i < width; i++) {
    expect(told.mean[i]).toBeCloseTo(mean[i]!, 3);
    for (let j = 0; j < width; j++) {
      let sum = 0;
      for (let r = 0; r < 2000; r++) sum += (at(r, i) - mean[i]!) * (at(r, j) - mean[j]!);
      expect(told.covariance[i * width + j]).toBeCloseTo(sum / 2000, 2);
    }
  }
  const { shares, vectors } = principalComponents(told, 2)!;
  expect(shares[0]).toBeGreaterThan(0.9);
  const cosine = vectors[0]!.reduce((sum, x, i) => sum + x * direction[i]!, 0);
  expect(Math.abs(cosine)).toBeGreaterThan(0.99);
});

test("where noise drowns the rows nothing is said, nor of a component that noise could have made", () => {
  const { rows } = rowsAlong(50);
  const sum = inWholeSteps(sumMoments(record, layout, rows));
  expect(readMoments(record, layout, sum, 11)).toBeUndefined();
  const random = seededRandom(9);
  // Noise alone, 100 times over a thousand rows: what rises above the edge is a fluctuation of it, and rare.
  let found = 0;
  for (let i = 0; i < 100; i++) {
    const covariance = new Float64Array(width * width);
    for (let a = 0; a < width; a++)
      for (let b = a; b < width; b++) {
        const uniform = Array.from({ length: 12 }, () => random.below(1_000_001) / 1e6).reduce((x, y) => x + y) - 6;
        covariance[a * width + b] = covariance[b * width + a] = uniform;
      }
    for (let a = 0; a < width; a++) covariance[a * width + a]! += 0.01;
    if (principalComponents({ mean: new Float64Array(width), covariance, noise: 1 }, 16)) found++;
  }
  expect(found).toBeLessThan(10);
});

test("a model reduced to all components is the model; reduced to one, it is blind to all other directions", async () => {
  const random = seededRandom(5);
  const parameters = Float32Array.from(
    { length: parameterCount(architectureOf(record)) },
    () => random.below(2001) / 1000 - 1,
  );
  const covariance = new Float64Array(width * width);
  for (let i = 0; i < width; i++) covariance[i * width + i] = width - i;
  const components = principalComponents({ mean: new Float64Array(width).fill(0.5), covariance, noise: 0 }, width)!;
  const normalisation = Object.fromEntries(record.data.features.map(({ name }) => [name, { mean: 0, scale: 1 }]));
  const marginals = Object.fromEntries(record.data.features.map(({ name }) => [name, [1]]));
  const file = await modelFileOf("r", record, parameters, { normalisation, marginals, threshold: 0, components });
  const model = await openModel(JSON.parse(JSON.stringify(file)));
  const inputs = Float64Array.from({ length: 4 * width }, () => random.below(2001) / 1000 - 1);
  const whole = await openModel((await reduce(model, width)).file);
  whole.score(inputs).forEach((z, i) => {
    expect(z).toBeCloseTo(model.score(inputs)[i]!, 5);
  });
  const told = await reduce(model, 1);
  expect(told).toMatchObject({ components: 1, inputs: width });
  expect(told.variance).toBeCloseTo(width / ((width * (width + 1)) / 2), 5);
  const one = await openModel(told.file);
  const others = inputs.map((x, i) => (i % width === 0 ? x : 0.5));
  one.score(inputs).forEach((z, i) => {
    expect(z).toBeCloseTo(one.score(others)[i]!, 5);
    expect(z).toBeCloseTo(model.score(others)[i]!, 5);
  });
  await expect(reduce(model, width + 1)).rejects.toThrow("--components");
  await expect(
    reduce({ ...model, file: { ...file, context: { ...file.context, components: undefined } } }, 1),
  ).rejects.toThrow("explain.components");
});

test("at a real size noise alone gives no component, also where the means are as noisy, and shares are not inflated by it", () => {
  const columns = Array.from({ length: 10 }, (_, i) => ({
    name: `c${i}`,
    kind: "categorical",
    values: ["x", "y", "z", "w"],
  }));
  const task = smallTask({
    privacy: { unit: "record", epsilon: 2, delta: 1e-5 },
    data: { label: { column: "y", positive: "yes", negative: "no" }, features: columns },
  });
  const [at, inputs, count] = [momentsLayout(task), inputWidth(task), 4000];
  const random = seededRandom(11);
  // Columns of two values that have nothing to do with each other: each direction has a fortieth of the variance or so.
  const rows = new Float64Array(count * inputs);
  for (let r = 0; r < count; r++) for (let c = 0; c < 10; c++) rows[r * inputs + 4 * c + random.below(2)] = 1;
  const { unit: steps } = at.segments[0]!;
  const exact = sumMoments(task, at, rows).map((x) => Math.round(x * steps));
  const deviation = 200;
  const noise = new DiscreteGaussian(BigInt(Math.round((deviation * steps) ** 2)));
  let found = 0;
  for (let i = 0; i < 20; i++) {
    const told = readMoments(
      task,
      at,
      exact.map((x) => x + noise.sample(random)),
      deviation,
    )!;
    if (principalComponents(told, 16)) found++;
  }
  // Of the first component of 20 tables of noise, none is to be taken for one of the people's; one in a hundred may.
  expect(found).toBeLessThanOrEqual(1);
  // The same noise beside a direction that is really there: eight columns that say the same.
  for (let r = 0; r < count; r++) {
    const side = random.below(2);
    for (let c = 0; c < 8; c++) rows.set([side === 0 ? 1 : 0, side], r * inputs + 4 * c);
  }
  const told = readMoments(
    task,
    at,
    sumMoments(task, at, rows).map((x) => Math.round(x * steps) + noise.sample(random)),
    deviation,
  )!;
  const { shares } = principalComponents(told, 4)!;
  // Four of the five units of variance lie along it.
  expect(shares).toHaveLength(1);
  expect(Math.abs(shares[0]! - 0.8)).toBeLessThan(0.15);
});

test("a task may ask for as many components as a ledger entry holds, and for no more", () => {
  const withInputs = (inputs: number, components: number) =>
    checkTask({
      ...record,
      data: {
        ...record.data,
        features: Array.from({ length: Math.ceil(inputs / 256) }, (_, c) => ({
          name: `c${c}`,
          kind: "categorical",
          values: Array.from({ length: Math.max(2, Math.min(256, inputs - 256 * c)) }, (_, i) => `v${i}`),
        })),
      },
      explain: { treeDepth: 0, components },
    });
  const refused = (inputs: number, components: number) =>
    (withInputs(inputs, components) as { problems: { path: unknown[] }[] }).problems[0]!.path.join(".");
  expect(withInputs(512, 7)).toHaveProperty("task");
  expect([refused(512, 8), refused(514, 1), refused(2, 3)]).toEqual(Array(3).fill("explain.components"));
  // The longest numbers there are.
  const vector = Array<number>(512).fill(-123.123456);
  const round = roundOf(1, 1, 1) as Extract<LedgerEntry, { kind: "round" }>;
  const components = {
    mean: vector,
    shares: Array<number>(7).fill(0.123456),
    vectors: Array<number[]>(7).fill(vector),
  };
  expect(() => entryBytes({ ...round, record: { ...round.record, components } })).not.toThrow();
});
