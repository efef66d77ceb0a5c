import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { inputWidth } from "../model.ts";
import { asTask } from "../task-rules.ts";
import { encodeFeatures, type FeatureColumns, scaled } from "./features.ts";

const task = asTask({
  name: "t",
  purpose: "to test the encoding",
  data: {
    label: { column: "y", positive: "1", negative: "0" },
    features: [
      { name: "colour", kind: "categorical", values: ["red", "blue", "green"] },
      { name: "age", kind: "numeric", min: 0, max: 100 },
      { name: "money", kind: "numeric", min: -1000, max: 1e6, scale: "log" },
    ],
  },
  model: {},
  privacy: { unit: "record", epsilon: 1, delta: 1e-5 },
  training: { rounds: 1, learningRate: 1 },
});
const [, age, money] = task.data.features;
if (age?.kind !== "numeric" || money?.kind !== "numeric") throw new Error("the task above has two numeric features");

describe("scaled", () => {
  it("clamps to the declared limits, and keeps what is missing missing", () => {
    expect([-1, 0, 50, 101, Number.NaN].map((x) => scaled(x, age))).toEqual([0, 0, 50, 100, Number.NaN]);
  });

  it("takes the logarithm of both signs", () => {
    expect(scaled(Math.E - 1, money)).toBeCloseTo(1, 12);
    expect(scaled(1 - Math.E, money)).toBeCloseTo(-1, 12);
    expect(scaled(-1e9, money)).toBeCloseTo(-Math.log(1001), 12);
  });

  it("keeps the order of values", () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true }), fc.double({ noNaN: true }), (a, b) => {
        for (const feature of [age, money]) {
          expect(scaled(Math.min(a, b), feature)).toBeLessThanOrEqual(scaled(Math.max(a, b), feature));
        }
      }),
      { seed: 1 },
    );
  });
});

describe("encodeFeatures", () => {
  const rows: FeatureColumns = {
    count: 3,
    numeric: { age: Float64Array.of(40, Number.NaN, 100), money: Float64Array.of(2, 3, -6) },
    categorical: { colour: Int16Array.of(1, -1, 2) },
  };

  it("lays columns out in the order of the task", () => {
    const inputs = encodeFeatures(rows, task, { age: { mean: 30, scale: 10 }, money: { mean: 2, scale: 0.5 } });
    expect(inputs).toHaveLength(3 * inputWidth(task));
    expect([...inputs]).toEqual([0, 1, 0, 1, 0, /**/ 0, 0, 0, 0, 2, /**/ 0, 0, 1, 5, -5]);
  });

  it("refuses a normalisation that lacks a feature or would divide by nothing", () => {
    expect(() => encodeFeatures(rows, task, { age: { mean: 30, scale: 10 } })).toThrow(/money has a mean/);
    const flat = { age: { mean: 30, scale: 0 }, money: { mean: 2, scale: 1 } };
    expect(() => encodeFeatures(rows, task, flat)).toThrow(/age has a mean/);
  });
});
