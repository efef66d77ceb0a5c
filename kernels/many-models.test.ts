/** Many models trained at once: each comes out as if it had been trained by itself. */
import { afterAll, describe, expect, it } from "vitest";
import type { Architecture } from "../shared/model.ts";
import { Engine } from "./engine.ts";
import { type Optimizer, plainSgd } from "./optimizer/optimizer.ts";
import { dawnDevice, gpuOf } from "./testing/dawn.ts";
import { plainSum } from "./testing/reference.ts";
import {
  madeUpParameters,
  madeUpRows,
  madeUpWitness,
  perceptron,
  randomSource,
  range,
  tables,
} from "./testing/rows.ts";

const device = await dawnDevice();
afterAll(() => device?.destroy());

async function setUp(architecture: Architecture, count: number, seed: number, own = device!, chunkLimit?: number) {
  const random = randomSource(seed);
  const classes = (architecture.layers.at(-1) as { outputs: number }).outputs;
  const sizes = classes > 1 ? { cells: 0, attributes: 0 } : tables;
  const engine = await Engine.create(own, architecture, sizes, { chunkLimit });
  const made = madeUpRows(count, architecture.inputShape[0]!, random, Math.max(2, classes));
  const rows = classes > 1 ? { ...made, cells: new Uint8Array(0) } : made;
  engine.load(rows);
  const witness = classes > 1 ? { slope: [], weight: [] } : madeUpWitness(random);
  return { engine, rows, parameters: madeUpParameters(architecture, random), witness, random };
}

/** Batches of any lengths, of as many models; some have none. */
const madeUpBatches = (models: number, rows: number, longest: number, random: () => number) =>
  Array.from({ length: models }, (_, model) =>
    Array.from({ length: model % 4 }, () =>
      Uint32Array.from({ length: 1 + Math.floor(random() * longest) }, () => Math.floor(random() * rows)),
    ),
  );

describe.skipIf(!device)("many models", () => {
  const optimizers: Optimizer[] = [
    plainSgd,
    { kind: "sgd", momentum: 0.5, proximal: 0.1 },
    { kind: "adam", momentum: 0, proximal: 0.3 },
  ];
  const shapes: [string, Architecture, number][] = [
    ["a logit of nothing hidden", perceptron(13, [], "none"), 10],
    ["wider than a tile", perceptron(51, [64, 33], "relu"), 40],
    ["classes", perceptron(20, [9], "tanh", 5), 10],
    ["batches of several slices", perceptron(7, [5], "tanh"), 700],
  ];
  it.each(shapes)("are what each is by itself, bit for bit: %s", async (_, architecture, longest) => {
    const { engine, parameters, witness, random } = await setUp(architecture, 300, 61);
    for (const optimizer of optimizers) {
      const batches = madeUpBatches(11, 300, longest, random);
      const options = { learningRate: 0.1, optimizer };
      const together = await engine.trainMany(parameters, batches, witness, options);
      for (const [model, own] of batches.entries()) {
        const alone = await engine.localTraining(parameters, own, witness, options);
        expect(together.subarray(model * alone.length, (model + 1) * alone.length)).toEqual(alone);
      }
    }
    engine.dispose();
  });

  it("do not hang on how many there is room for, nor on the adapter's tiles", async () => {
    const architecture = perceptron(51, [33], "relu");
    const here = await setUp(architecture, 200, 71);
    const { parameters, witness } = here;
    const batches = madeUpBatches(9, 200, 30, here.random);
    const whole = await here.engine.trainMany(parameters, batches, witness, { learningRate: 0.1 });
    const few = await setUp(architecture, 200, 71, device!, 64);
    expect(await few.engine.trainMany(parameters, batches, witness, { learningRate: 0.1 })).toEqual(whole);
    const adapter = (await gpuOf().requestAdapter())!;
    const other = await adapter.requestDevice();
    Object.defineProperty(other, "adapterInfo", { value: { isFallbackAdapter: false } });
    const there = await setUp(architecture, 200, 71, other);
    expect(await there.engine.trainMany(parameters, batches, witness, { learningRate: 0.1 })).toEqual(whole);
    for (const { engine } of [here, few, there]) engine.dispose();
    other.destroy();
  });

  it("drift, each its own way", async () => {
    const architecture = perceptron(13, [7], "tanh");
    const { engine, rows, parameters, witness, random } = await setUp(architecture, 90, 31);
    const drift = [0, 1, 2].map(() => parameters.map(() => 2 * random() - 1));
    const batches = drift.map(() => [range(30), range(90).subarray(30, 40)]);
    const found = await engine.trainMany(parameters, batches, witness, { learningRate: 0.2, drift });
    for (const [model, own] of drift.entries()) {
      const expected = Float64Array.from(parameters);
      for (const batch of batches[model]!) {
        const sum = plainSum(architecture, expected, rows, batch, witness);
        sum.forEach((x, i) => {
          expected[i]! -= 0.2 * (x / batch.length + own[i]!);
        });
      }
      expected.forEach((w, i) => {
        expect(Math.abs(found[model * expected.length + i]! - w)).toBeLessThan(1e-5);
      });
    }
    engine.dispose();
  });

  it("refuse layers whose kernels know one model, and steps without rows", async () => {
    const images: Architecture = {
      inputShape: [4, 4, 1],
      layers: [
        { kind: "conv2d", channels: 2, size: 3, activation: "relu" },
        { kind: "max-pool2d", size: 1 },
        { kind: "dense", outputs: 1, activation: "none" },
      ],
    };
    const engine = await Engine.create(device!, images, tables);
    const zeros = new Float32Array(2 * 10 + 9);
    const witness = madeUpWitness(randomSource(1));
    const options = { learningRate: 1 };
    await expect(engine.trainMany(zeros, [[range(1)]], witness, options)).rejects.toThrow("conv2d");
    engine.dispose();
    const plain = await setUp(perceptron(3, [], "none"), 5, 1);
    const empty = [[new Uint32Array(0)]];
    await expect(plain.engine.trainMany(plain.parameters, empty, plain.witness, options)).rejects.toThrow("is empty");
    plain.engine.dispose();
  });
});
