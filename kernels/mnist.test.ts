/**
 * Handwritten digits, learned from 8,000 images, plain and private. Takes minutes on a software adapter.
 * Data: LeCun, Cortes and Burges, the 10,000 images of MNIST's test half; the last 2,000 are held back here.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { afterAll, describe, expect, it } from "vitest";
import type { Activation } from "../shared/layers.ts";
import { type Architecture, initialParameters, parameterCount } from "../shared/model.ts";
import { epsilonOf } from "../shared/privacy/accountants/rdp.ts";
import { noiseMultiplierFor } from "../shared/privacy/calibrate.ts";
import { DiscreteGaussian } from "../shared/privacy/discrete-gaussian.ts";
import { seededRandom } from "../shared/privacy/testing/seeded.ts";
import { Engine, type Rows } from "./engine.ts";
import { dawnDevice } from "./testing/dawn.ts";
import { randomSource, range, shuffled } from "./testing/rows.ts";

const folder = join(process.env.MURMUR_TEST_DATA ?? "", "mnist");
const there = process.env.MURMUR_TEST_DATA !== undefined && existsSync(folder);
if (!there) console.warn("the MNIST tests are skipped: set MURMUR_TEST_DATA to a folder that has mnist/");
const device = there ? await dawnDevice() : undefined;
afterAll(() => device?.destroy());

const trained = 8000;
const noTables = { cells: 0, attributes: 0 };
const noWitness = { slope: [], weight: [] };

/** The network of TensorFlow.js's own MNIST example. */
const network = (activation: Activation): Architecture => ({
  inputShape: [28, 28, 1],
  layers: [
    { kind: "conv2d", channels: 8, size: 5, activation },
    { kind: "max-pool2d", size: 2 },
    { kind: "conv2d", channels: 16, size: 5, activation },
    { kind: "max-pool2d", size: 2 },
    { kind: "dense", outputs: 10, activation: "none" },
  ],
});

/** idx files: a header of 16 or 8 bytes, then bytes. Pixels come to mean 0 and deviation 1, by MNIST's public figures. */
function readDigits(): Rows {
  const read = (name: string) => gunzipSync(readFileSync(join(folder, name)));
  const pixels = read("t10k-images-idx3-ubyte.gz").subarray(16);
  const labels = Uint8Array.from(read("t10k-labels-idx1-ubyte.gz").subarray(8));
  const features = Float32Array.from(pixels, (value) => (value / 255 - 0.1307) / 0.3081);
  return { count: labels.length, features, labels, cells: new Uint8Array(0) };
}

async function accuracyOf(engine: Engine, parameters: Float32Array, rows: Rows): Promise<number> {
  const heldBack = range(rows.count).subarray(trained);
  const logits = await engine.scores(parameters, heldBack);
  const right = heldBack.filter((row, i) => {
    const own = Array.from(logits.subarray(10 * i, 10 * i + 10));
    return own.indexOf(Math.max(...own)) === rows.labels[row];
  });
  return right.length / heldBack.length;
}

describe.skipIf(device === undefined)("MNIST, 8,000 images", () => {
  it("plain: at least 97.5 % after three epochs", { timeout: 1_200_000 }, async () => {
    const rows = readDigits();
    const architecture = network("relu");
    const engine = await Engine.create(device!, architecture, noTables, { chunkLimit: 256 });
    engine.load(rows);
    const random = randomSource(61);
    const size = 16;
    let parameters: Float32Array = initialParameters(architecture, 61);
    for (const learningRate of [0.06, 0.05, 0.015]) {
      const order = shuffled(trained, random);
      const batches = Array.from({ length: trained / size }, (_, i) => order.subarray(size * i, size * (i + 1)));
      parameters = await engine.localTraining(parameters, batches, noWitness, { learningRate });
    }
    expect(await accuracyOf(engine, parameters, rows)).toBeGreaterThanOrEqual(0.975);
    engine.dispose();
  });

  it("under DP-SGD at ε = 3: at least 92 %", { timeout: 1_200_000 }, async () => {
    const rows = readDigits();
    const architecture = network("tanh");
    const engine = await Engine.create(device!, architecture, noTables, { chunkLimit: 256 });
    engine.load(rows);
    const random = seededRandom(71);
    const [steps, expectedBatch, learningRate, momentum, averaged] = [60, 1024, 1, 0.8, 15];
    const sampleRate = expectedBatch / trained;
    const delta = 1e-5;
    const noiseMultiplier = noiseMultiplierFor({ epsilon: 3, delta, sampleRate, count: steps });
    expect(epsilonOf([{ noiseMultiplier, sampleRate, count: steps }], delta)).toBeLessThanOrEqual(3);
    const clip = { norm: 1, unit: 2 ** 14 };
    // Rounding moves a row's integers by at most ½ a coordinate: a little is added to the bound.
    const bound = clip.unit * clip.norm + 0.5 * Math.sqrt(parameterCount(architecture));
    const noise = new DiscreteGaussian(BigInt(Math.ceil((noiseMultiplier * bound) ** 2)));
    let parameters: Float32Array = initialParameters(architecture, 67);
    const velocity = new Float64Array(parameters.length);
    // The mean of the last models costs no privacy, and takes noise away.
    let average: Float32Array = new Float32Array(parameters.length);
    for (let step = 0; step < steps; step++) {
      const batch = range(trained).filter(() => random.bernoulli(sampleRate));
      const { gradient } = await engine.privateSum(parameters, batch, noWitness, clip);
      parameters = parameters.map((w, i) => {
        velocity[i] = momentum * velocity[i]! + (gradient[i]! + noise.sample(random)) / (clip.unit * expectedBatch);
        return w - learningRate * velocity[i]!;
      });
      if (step >= steps - averaged) average = average.map((sum, i) => sum + parameters[i]! / averaged);
    }
    const accuracy = await accuracyOf(engine, average, rows);
    console.log(`DP-SGD, noise multiplier ${noiseMultiplier.toFixed(2)}: accuracy ${accuracy}`);
    expect(accuracy).toBeGreaterThanOrEqual(0.92);
    engine.dispose();
  });
});
