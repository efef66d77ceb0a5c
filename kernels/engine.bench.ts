/**
 * Time of the main job's step, inputs 51, batch 3,000. Run: npx vitest bench --run kernels/engine.bench.ts
 */
import { bench, describe } from "vitest";
import { Engine } from "./engine.ts";
import { dawnDevice } from "./testing/dawn.ts";
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
const random = randomSource(1);
const rows = madeUpRows(6000, 51, random);
const witness = madeUpWitness(random);
const batch = range(3000);
const clip = { norm: 1, unit: 2 ** 16 };

describe.skipIf(device === undefined)("inputs 51, batch 3,000", async () => {
  for (const hidden of [[], [64, 32]]) {
    const architecture = perceptron(51, hidden, "relu");
    if (device === undefined) continue;
    const engine = await Engine.create(device, architecture, tables);
    engine.load(rows);
    const parameters = madeUpParameters(architecture, random);
    bench(`privateSum [${hidden}]`, async () => {
      await engine.privateSum(parameters, batch, witness, clip);
    });
    bench(`evaluate, 33 thresholds [${hidden}]`, async () => {
      await engine.evaluate(
        parameters,
        batch,
        Array.from({ length: 33 }, (_, i) => (i - 16) / 4),
      );
    });
    const batches = Array.from({ length: 100 }, (_, i) => batch.subarray(i * 30, i * 30 + 30));
    bench(`localTraining, 100 steps of 30 rows [${hidden}]`, async () => {
      await engine.localTraining(parameters, batches, witness, { learningRate: 0.1 });
    });
  }
});
