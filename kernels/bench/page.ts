/** The bench inside the browser: each case by every side, in turns, so that what disturbs one disturbs all. */
import { requestDevice } from "../device.ts";
import { type Case, cases, type Model, type Product } from "./cases.ts";
import { batchCount, filled, initialParameters, makeBatches, uniform } from "./inputs.ts";
import { type Jax, jaxSide } from "./jax.ts";
import { murmurSide } from "./murmur.ts";
import { measurePeak, type Peak } from "./peak.ts";
import type { ProductRun, Side, TrainingRun } from "./side.ts";
import { type Tf, tfjsSide } from "./tfjs.ts";

export interface Measured {
  side: string;
  /** Why the side could not run the case; the rest is empty then. */
  reason?: string;
  /** Steps or products a second, one number a block; the blocks of all sides take turns. */
  rates: number[];
  /** Losses of batch 0 before the first step and after some, or the largest error of the product. */
  losses?: [first: number, later: number];
  error?: number;
}

/** ms that a block of repetitions should take, and how many blocks: five, of slow sides three. */
const blockTime = 300;
const blocks = 5;
const slowBlocks = 3;

const sides: Side[] = [];
const absent: Measured[] = [];
let device: GPUDevice;

const api = {
  cases: cases.map(({ kind, name }) => ({ kind, name })),

  async start(): Promise<{ adapter: string; sides: string[] }> {
    const adapter = await requestDevice(navigator.gpu);
    device = adapter.device;
    sides.push(murmurSide(device), murmurSide(device, { norm: 1, unit: 2 ** 16 }));
    // By a variable, so that nothing but the bench's own build knows where the peers are.
    const peer = (name: string) => import(/* @vite-ignore */ `/${name}.js`);
    await enter("TF.js WebGPU", async () => tfjsSide((await peer("tfjs")) as Tf));
    const jax = (await peer("jax")) as Jax;
    await enter("jax-js WebGPU", () => jaxSide(jax, "webgpu"));
    await enter("jax-js Wasm", () => jaxSide(jax, "wasm"));
    return { adapter: adapter.description, sides: sides.map(({ name }) => name) };
  },

  peak: (): Promise<Peak> => measurePeak(device),

  async measure(name: string): Promise<Measured[]> {
    const chosen = cases.find((one) => one.name === name)!;
    const runs: Running[] = [];
    const results: Measured[] = [...absent];
    for (const side of sides) {
      const result: Measured = { side: side.name, rates: [] };
      results.push(result);
      try {
        runs.push(await begin(side, chosen, result));
      } catch (error) {
        result.reason = error instanceof Error ? error.message : String(error);
      }
    }
    for (let block = 0; block < blocks; block++) {
      for (const { result, repeat, count, slow } of runs) {
        if (slow && block >= slowBlocks) continue;
        const start = performance.now();
        await repeat(count);
        result.rates.push((count * 1000) / (performance.now() - start));
      }
    }
    for (const { dispose } of runs) dispose();
    return results;
  },
};

async function enter(name: string, make: () => Promise<Side>): Promise<void> {
  try {
    sides.push(await make());
  } catch (error) {
    absent.push({ side: name, rates: [], reason: error instanceof Error ? error.message : String(error) });
  }
}

interface Running {
  result: Measured;
  repeat: (times: number) => Promise<unknown>;
  count: number;
  slow: boolean;
  dispose: () => void;
}

/** Sets a side up, has it compute what is compared, warms it up, and finds how many repetitions fill a block. */
async function begin(side: Side, chosen: Case, result: Measured): Promise<Running> {
  const run =
    chosen.kind === "product" ? await beginProduct(side, chosen, result) : await beginModel(side, chosen, result);
  const repeat = "run" in run ? (times: number) => run.run(times) : (times: number) => run.steps(times);
  let count = 1;
  let took = 0;
  for (;;) {
    const start = performance.now();
    await repeat(count);
    took = performance.now() - start;
    if (took >= blockTime / 2 || count >= 4096) break;
    count = Math.ceil(count * Math.min(8, Math.max(2, (0.8 * blockTime) / Math.max(took, 1))));
  }
  count = Math.max(1, Math.round((count * blockTime) / took));
  return { result, repeat, count, slow: took / count > blockTime * 2, dispose: () => run.dispose() };
}

async function beginProduct(side: Side, chosen: Product, result: Measured): Promise<ProductRun> {
  const { m, k, n } = chosen;
  const next = uniform(3);
  const a = filled(m * k, next);
  const b = filled(k * n, next);
  const run = await side.product(chosen, a, b);
  const found = await run.run(1);
  if (found.length !== m * n) throw new Error(`gave ${found.length} numbers instead of ${m * n}`);
  // Some entries by hand: all of them would take longer than the bench.
  let worst = 0;
  for (let i = 0; i < m * n; i += Math.max(1, Math.floor((m * n) / 997))) {
    const row = Math.floor(i / n);
    let sum = 0;
    for (let j = 0; j < k; j++) sum += a[row * k + j]! * b[j * n + (i % n)]!;
    worst = Math.max(worst, Math.abs(sum - found[i]!));
  }
  result.error = worst / Math.sqrt(k);
  return run;
}

async function beginModel(side: Side, model: Model, result: Measured): Promise<TrainingRun> {
  const run = await side.train(model, initialParameters(model), makeBatches(model));
  const first = await run.loss();
  // Two rounds later it is the first batch's turn again.
  await run.steps(2 * batchCount);
  result.losses = [first, await run.loss()];
  return run;
}

Object.assign(globalThis, { bench: api });
