import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type FeatureColumns, scaled } from "../data/features.ts";
import { InputError } from "../errors.ts";
import { architectureOf, parameterCount } from "../model.ts";
import { modelFileOf, openModel } from "../model-file.ts";
import { profileBins } from "../questions/profile.ts";
import { asTask } from "../task-rules.ts";
import { backgroundRows } from "./background.ts";
import { type ExplainMethod, explain, explainMethods } from "./explain.ts";
import { denseGradient } from "./integrated-gradients.ts";
import { partialDependence } from "./partial-dependence.ts";
import { prune } from "./prune.ts";
import { principalReasons } from "./reasons.ts";
import { Seeded } from "./seeded.ts";

const task = asTask({
  name: "loans",
  purpose: "a small task for tests of explanations",
  data: {
    label: { column: "y", positive: "yes", negative: "no" },
    features: [
      { name: "income", kind: "numeric", min: 0, max: 100_000, scale: "log" },
      { name: "debts", kind: "numeric", min: 0, max: 10 },
      { name: "age", kind: "numeric", min: 18, max: 90 },
      { name: "housing", kind: "categorical", values: ["own", "rent", "free"] },
      { name: "sex", kind: "categorical", values: ["f", "m"] },
    ],
    sensitive: [
      {
        name: "sex",
        column: "sex",
        groups: [
          { name: "f", values: ["f"] },
          { name: "m", values: ["m"] },
        ],
      },
    ],
  },
  model: {
    layers: [
      { kind: "dense", outputs: 4, activation: "tanh" },
      { kind: "dense", outputs: 1 },
    ],
  },
  privacy: { unit: "record", epsilon: 1, delta: 1e-5 },
  training: { rounds: 1, learningRate: 1 },
});
const { features } = task.data;

async function modelFrom(seed: number, layers: unknown = task.model.layers) {
  const shaped = asTask({ ...task, model: { layers } });
  const random = new Seeded(seed);
  const parameters = Float32Array.from(
    { length: parameterCount(architectureOf(shaped)) },
    () => 2.4 * (random.uniform() - 0.5),
  );
  const context = {
    normalisation: { income: { mean: 9, scale: 1.2 }, debts: { mean: 3, scale: 2 }, age: { mean: 45, scale: 15 } },
    marginals: {
      income: Array.from({ length: profileBins + 1 }, (_, i) => (i > 20 ? 40 - i : i / 10)),
      debts: Array.from({ length: profileBins + 1 }, (_, i) => Math.max(0, 30 - i)),
      age: Array(profileBins + 1).fill(10),
      housing: [50, 40, 10, 1],
      sex: [50, 60, 0],
    },
    threshold: 0,
  };
  return openModel(JSON.parse(JSON.stringify(await modelFileOf("r", shaped, parameters, context))));
}

const drawRow = (seed: number, model: Awaited<ReturnType<typeof modelFrom>>): FeatureColumns =>
  backgroundRows(features, model.file.context.marginals, 1, new Seeded(seed));

describe("the background", () => {
  it("has the counts' shares and means, even in a hundred rows", async () => {
    const { file } = await modelFrom(1);
    const rows = backgroundRows(features, file.context.marginals, 101, new Seeded(4));
    const own = Array.from(rows.categorical.housing!).filter((v) => v === 0).length;
    expect(own).toBe(50);
    expect(Array.from(rows.categorical.sex!)).not.toContain(-1);
    const ages = Array.from(rows.numeric.age!).filter((x) => !Number.isNaN(x));
    expect(ages.reduce((a, b) => a + b) / ages.length).toBeCloseTo(54, 0);
    expect(ages.length).toBe(98);
  });

  it("stays within the task's limits whatever the counts are", () => {
    fc.assert(
      fc.property(fc.array(fc.float({ min: 0, max: 1e6, noNaN: true }), { minLength: 33, maxLength: 33 }), (counts) => {
        const [income] = features;
        const rows = backgroundRows([income!], { income: counts }, 20, new Seeded(1));
        for (const x of rows.numeric.income!)
          if (!Number.isNaN(x)) expect(x >= 0 && x <= Math.log1p(100_000)).toBe(true);
      }),
      { seed: 21, numRuns: 100 },
    );
  });
});

describe("an explanation", () => {
  const additive: ExplainMethod[] = ["shap", "kernel-shap", "permutation-shap", "integrated-gradients"];
  it.each(additive)("by %s adds up", async (method) => {
    const model = await modelFrom(3);
    const row = drawRow(8, model);
    const found = await explain(model, row, { method, seed: 1 });
    const sum = Object.values(found.attributions!).reduce((a, b) => a + b, found.base!);
    expect(Math.abs(sum - found.score)).toBeLessThan(method === "integrated-gradients" ? 1e-3 : 1e-9);
    expect(found.completenessError).toBeCloseTo(sum - found.score, 12);
    expect(Object.keys(found.attributions!).sort()).toEqual(features.map((f) => f.name).sort());
  });

  it.each(explainMethods.filter((m) => m !== "reasons"))(
    "by %s is the same bytes with the same seed",
    async (method) => {
      const model = await modelFrom(5);
      const of = async () => JSON.stringify(await explain(model, drawRow(2, model), { method, seed: 7 }));
      expect(await of()).toBe(await of());
    },
  );

  it("by exact Shapley of one layer is the weight times the distance from the background's mean", async () => {
    const model = await modelFrom(6, [{ kind: "dense", outputs: 1 }]);
    const row = drawRow(3, model);
    const found = await explain(model, row, { method: "shap", seed: 2 });
    const background = model.encode(backgroundRows(features, model.file.context.marginals, 100, new Seeded(2)));
    const own = model.encode(row);
    const width = own.length;
    const byColumn = Array.from(own, (x, i) => {
      let mean = 0;
      for (let r = 0; r < 100; r++) mean += background[r * width + i]! / 100;
      return model.parameters[i]! * (x - mean);
    });
    expect(found.attributions!.income).toBeCloseTo(byColumn[0]!, 6);
    expect(found.attributions!.housing).toBeCloseTo(byColumn[3]! + byColumn[4]! + byColumn[5]!, 6);
  });

  it("LIME leans the way of a one-layer model, and says how stable it is", async () => {
    const model = await modelFrom(6, [{ kind: "dense", outputs: 1 }]);
    const found = await explain(model, drawRow(3, model), { method: "lime", seed: 2 });
    const shap = await explain(model, drawRow(3, model), { method: "shap", seed: 2 });
    const [first] = Object.keys(shap.attributions!);
    expect(Math.sign(found.attributions![first!]!)).toBe(Math.sign(shap.attributions![first!]!));
    expect(found.stability).toBeGreaterThan(0.7);
    expect(found.unstable).toBe(false);
  });
});

describe("the input's gradient", () => {
  it.each(["relu", "tanh", "sigmoid"])("with %s is that of finite differences", async (activation) => {
    const model = await modelFrom(9, [
      { kind: "dense", outputs: 5, activation },
      { kind: "dense", outputs: 3, activation: "tanh" },
      { kind: "dense", outputs: 1 },
    ]);
    const row = Float64Array.from(model.encode(drawRow(4, model)));
    const gradient = await denseGradient(model.file.architecture, model.parameters)(row);
    for (let i = 0; i < row.length; i++) {
      const at = (step: number) => model.score(row.map((x, j) => (i === j ? x + step : x)))[0]!;
      expect(gradient[i]!).toBeCloseTo((at(1e-5) - at(-1e-5)) / 2e-5, 5);
    }
  });
});

describe("a counterfactual", () => {
  it("flips the model's own decision, in range, sparse, and leaves frozen features alone", async () => {
    let found = 0;
    for (let seed = 0; seed < 30; seed++) {
      const model = await modelFrom(seed);
      const row = drawRow(seed, model);
      const told = await explain(model, row, { method: "counterfactual", seed: 1, frozen: ["age"] });
      if (!told.changes) continue;
      found++;
      expect(told.changes.length).toBeLessThanOrEqual(4);
      const changed: FeatureColumns = structuredClone(row);
      for (const { feature: name, to } of told.changes) {
        expect(["age", "sex"]).not.toContain(name);
        const feature = features.find((f) => f.name === name)!;
        if (feature.kind === "numeric") {
          expect(Number(to) >= feature.min && Number(to) <= feature.max).toBe(true);
          changed.numeric[name]![0] = scaled(Number(to), feature);
        } else changed.categorical[name]![0] = feature.values.indexOf(String(to));
      }
      const [after] = model.score(model.encode(changed));
      expect(after! > 0).toBe(!told.selected);
      expect(after).toBeCloseTo(told.scoreAfter!, 5);
    }
    expect(found).toBeGreaterThan(20);
  });

  it("refuses a name that is no feature", async () => {
    const model = await modelFrom(1);
    const options = { method: "counterfactual", seed: 1, frozen: ["shoe size"] } as const;
    await expect(explain(model, drawRow(1, model), options)).rejects.toThrow(InputError);
  });
});

describe("principal reasons", () => {
  const attributions = (values: number[]) => ({ base: 0, score: 0, values, errors: [], evaluated: 0 });
  it("are at most four, most weighty first, only what counted against, and never a protected feature", () => {
    const names = ["a", "b", "c", "d", "e", "sex"];
    const plain = principalReasons(names, ["sex"], [attributions([-1, -5, 2, -3, -0.5, 0])]);
    expect(plain).toEqual({ reasons: ["b", "d", "a", "e"], stability: 1, needsPerson: false });
    const hidden = principalReasons(names, ["sex"], [attributions([-1, -5, -2, -3, -0.5, -9])]);
    expect(hidden.reasons).toEqual(["b", "d", "c"]);
    expect(hidden.needsPerson).toBe(true);
  });

  it("that depend on the background need a person", () => {
    const two = [attributions([-1, 0, 0, 0]), attributions([0, -1, 0, 0])];
    expect(principalReasons(["a", "b", "c", "d"], [], two).needsPerson).toBe(true);
  });

  it("are found for a refused row, and refused for a selected one", async () => {
    let refused = 0;
    for (let seed = 0; seed < 12; seed++) {
      const model = await modelFrom(seed + 40);
      const row = drawRow(seed, model);
      const told = explain(model, row, { method: "reasons", seed: 1 });
      if (model.score(model.encode(row))[0]! > 0) await expect(told).rejects.toThrow("was selected");
      else {
        refused++;
        expect((await told).reasons).not.toContain("sex");
      }
    }
    expect(refused).toBeGreaterThan(2);
  });
});

describe("a model's file", () => {
  it("that was altered is refused", async () => {
    const { file } = await modelFrom(1);
    const altered = structuredClone(file);
    altered.tensors[0]!.data[0]! += 1;
    await expect(openModel(altered)).rejects.toThrow("is not the hash of the parameters");
    await expect(openModel({ ...file, tensors: file.tensors.slice(1) })).rejects.toThrow("shape of the layers");
    await expect(openModel({ ...file, context: { ...file.context, marginals: {} } })).rejects.toThrow(InputError);
    await expect(openModel({})).rejects.toThrow(InputError);
  });
});

describe("partial dependence", () => {
  it("of a linear model in the logit rises where the weight is positive, and is flat where it is 0", async () => {
    const model = await modelFrom(5, [{ kind: "dense", outputs: 1 }]);
    const { file, encode, parameters } = model;
    const [income, debts, age] = [2, 0, -1];
    const weights = Float32Array.from(parameters, (_, i) => [income, debts, age, 0.5, -0.5, 0, 0, 0][i] ?? 0);
    const linear = { file, parameters: weights, encode, score: (x: ArrayLike<number>) => scoresOf(x, weights) };
    const curve = (name: string) => partialDependence(linear, name, { seed: 3 }).map(({ probability }) => probability);
    const rising = (values: number[]) => values.every((value, i) => i === 0 || value > values[i - 1]!);
    expect(rising(curve("income"))).toBe(true);
    expect(rising(curve("age").reverse())).toBe(true);
    expect(Math.max(...curve("debts")) - Math.min(...curve("debts"))).toBeLessThan(1e-12);
    expect(partialDependence(linear, "housing", { seed: 3 }).map(({ value }) => value)).toEqual([
      "own",
      "rent",
      "free",
    ]);
    expect(() => partialDependence(linear, "zodiac", { seed: 3 })).toThrow(/zodiac.*income/);
  });

  /** One layer: a weight for each input, then the bias. */
  function scoresOf(inputs: ArrayLike<number>, weights: Float32Array): Float64Array {
    const width = weights.length - 1;
    return Float64Array.from({ length: inputs.length / width }, (_, row) => {
      let z = weights[width]!;
      for (let i = 0; i < width; i++) z += weights[i]! * inputs[row * width + i]!;
      return z;
    });
  }
});

describe("pruning", () => {
  it("takes the smallest weights, or whole features, and leaves the others and every bias alone", async () => {
    const model = await modelFrom(6);
    const weights = await prune(model, "weights", 0.5);
    expect(weights.zeros).toBe(Math.floor(weights.weights / 2));
    const smaller = await openModel(weights.file);
    const kept = [...smaller.parameters.keys()].filter((i) => smaller.parameters[i] !== 0);
    for (const i of kept) expect(smaller.parameters[i]).toBe(model.parameters[i]);
    const gone = [...smaller.parameters.keys()].filter((i) => smaller.parameters[i] === 0);
    const largestGone = Math.max(...gone.map((i) => Math.abs(model.parameters[i]!)));
    const tensors = new Map(weights.file.tensors.map(({ name, data }) => [name, data]));
    for (const name of ["layer0.weight", "layer1.weight"])
      for (const w of tensors.get(name)!) expect(w === 0 || Math.abs(w) >= largestGone).toBe(true);

    const byFeature = await prune(model, "features", 0.4);
    expect(byFeature.dropped).toHaveLength(2);
    const without = await openModel(byFeature.file);
    const rows = backgroundRows(features, model.file.context.marginals, 20, new Seeded(1));
    const moved = structuredClone(rows);
    for (const name of byFeature.dropped)
      for (const column of [moved.numeric[name], moved.categorical[name]])
        for (let i = 0; column && i < rows.count; i++) column[i] = i % 2;
    expect(without.score(without.encode(moved))).toEqual(without.score(without.encode(rows)));
    expect((await prune(model, "weights", 0)).file.modelHash).toBe(model.file.modelHash);
  });
});
