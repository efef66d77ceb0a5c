/** The lab's simulation and a loop over clients, in one tab: a thousand participants, a hundred of them in each round. */
import { Federation } from "../../coordinator/simulation/federation.ts";
import { typed } from "../../coordinator/simulation/population.ts";
import { requestDevice } from "../../kernels/device.ts";
import { Engine } from "../../kernels/engine.ts";
import { encodeFeatures, type Normalisation } from "../../shared/data/features.ts";
import type { TypedRows } from "../../shared/data/rows.ts";
import { takeRows } from "../../shared/data/rows.ts";
import { cellsOf, cellsPerRow } from "../../shared/fairness/histogram.ts";
import { architectureOf, initialParameters } from "../../shared/model.ts";
import { predict } from "../../shared/predict.ts";
import { seededRandom } from "../../shared/privacy/testing/seeded.ts";
import type { Task } from "../../shared/task.ts";
import { type Jax, type JaxDevice, jaxLoop } from "./jax-loop.ts";
import { cohort, participantCount, population, rounds, rowsEach, taskOf } from "./population.ts";

export interface Measured {
  side: string;
  /** Why the side could not run; the rest is empty then */
  reason?: string;
  /** Of all rounds; where fewer were run, in proportion */
  seconds?: number;
  roundsRun?: number;
  /** Of the rows trained on; only where all rounds were run */
  accuracy?: number;
}

/** What a loop over clients may take before it is stopped, ms. */
const patience = 150_000;

const models = { "logistic regression": [], "MLP 32": [32] };

const api = {
  names: Object.keys(models),

  async measure(name: keyof typeof models): Promise<Measured[]> {
    const task = taskOf(models[name]);
    const { records, participants } = population(task);
    const rows = typed(records, task);
    const trained = takeRows(rows, Uint32Array.from(participants.flatMap(({ train }) => Array.from(train))));
    let normalisation: Normalisation = {};
    const { device } = await requestDevice(navigator.gpu);
    const sizes = { cells: cellsOf(task).length, attributes: cellsPerRow(task) };
    const ours = async (isPrivate: boolean, onAdapter = false): Promise<Measured> => {
      // Kernels of the way forward; the others are compiled within the time that is measured.
      const engine = onAdapter ? await Engine.create(device, architectureOf(task), sizes) : undefined;
      const random = seededRandom(7);
      const start = performance.now();
      const outcome = await new Federation({
        task,
        rows,
        participants,
        cohort,
        isPrivate,
        engine,
        penaltyOn: "everyone",
        random,
        seed: 1,
      }).run();
      const seconds = (performance.now() - start) / 1000;
      if (!isPrivate) normalisation = outcome.normalisation;
      const accuracy = accuracyOf(task, outcome.parameters, trained, outcome.normalisation);
      engine?.dispose();
      const where = onAdapter ? " on WebGPU" : "";
      return { side: `the lab${where}, ${isPrivate ? "ε = 8" : "no noise"}`, seconds, roundsRun: rounds, accuracy };
    };
    const results = [await ours(false), await ours(true), await ours(false, true)];
    device.destroy();
    // By a variable, so that nothing but the bench's own build knows where the peer is.
    const peer = "/jax.js";
    const jax = (await import(/* @vite-ignore */ peer)) as Jax;
    for (const device of ["webgpu", "wasm"] as const) {
      const side = `a loop in jax-js, ${device}`;
      try {
        results.push({ side, ...(await loop(jax, device, task, trained, normalisation)) });
      } catch (error) {
        results.push({ side, reason: error instanceof Error ? error.message : String(error) });
      }
    }
    return results;
  },
};

async function loop(jax: Jax, device: JaxDevice, task: Task, rows: TypedRows, normalisation: Normalisation) {
  const architecture = architectureOf(task);
  const features = encodeFeatures(rows, task, normalisation);
  const data = { features, labels: rows.labels, rows: rowsEach };
  const clients = await jaxLoop(jax, device, architecture, initialParameters(architecture, 1), data);
  const random = seededRandom(9);
  const draw = () => {
    const all = Array.from({ length: participantCount }, (_, i) => i);
    for (let i = 0; i < cohort; i++) {
      const j = i + random.below(all.length - i);
      [all[i], all[j]] = [all[j]!, all[i]!];
    }
    return all.slice(0, cohort);
  };
  // The first round compiles.
  await clients.round(draw());
  const start = performance.now();
  let done = 0;
  while (done < rounds && performance.now() - start < patience) {
    await clients.round(draw());
    done++;
  }
  const seconds = ((performance.now() - start) / 1000) * (rounds / done);
  if (done < rounds) return { seconds, roundsRun: done };
  return { seconds, roundsRun: done, accuracy: accuracyOf(task, await clients.parameters(), rows, normalisation) };
}

function accuracyOf(task: Task, parameters: Float32Array<ArrayBuffer>, rows: TypedRows, normalisation: Normalisation) {
  const scores = predict(architectureOf(task), parameters, encodeFeatures(rows, task, normalisation));
  return scores.filter((z, row) => Number(z > 0) === rows.labels[row]).length / rows.count;
}

Object.assign(globalThis, { bench: api });
