/** Our own engine as a participant's tab uses it, plain or with every row clipped. */
import type { LayerSpec } from "../../shared/layers.ts";
import type { Architecture } from "../../shared/model.ts";
import { Arena, usage } from "../arena.ts";
import { cut, encodeChunks } from "../chunks.ts";
import { record } from "../dispatch.ts";
import { type Clip, Engine } from "../engine.ts";
import { dense } from "../layers/dense/dense.ts";
import { layoutOf } from "../layout.ts";
import { tilesOf, wholeTiles } from "../tiles/tile.ts";
import type { Layer, Model, Product } from "./cases.ts";
import type { Batch, Tensor } from "./inputs.ts";
import { size } from "./inputs.ts";
import type { ProductRun, Side, TrainingRun } from "./side.ts";

/** Without sensitive attributes there is nothing to count and no penalty. */
const noTables = { cells: 0, attributes: 0 };
const noWitness = { slope: [], weight: [] };

export function murmurSide(device: GPUDevice, clip?: Clip): Side {
  return {
    name: clip ? "Murmur, clipped" : "Murmur",
    product(product, a, b) {
      if (clip) throw new Error("there is nothing to clip");
      return productRun(device, product, a, b);
    },
    train: (model, initial, batches) => trainingRun(device, model, initial, batches, clip),
  };
}

/** The dense layer's forward kernel, without activation and with a bias of 0. */
async function productRun(
  device: GPUDevice,
  { m, k, n }: Product,
  a: Float32Array,
  b: Float32Array,
): Promise<ProductRun> {
  const layout = layoutOf({ inputShape: [k], layers: [{ kind: "dense", outputs: n, activation: "none" }] });
  const layer = layout.layers[0]!;
  const arena = new Arena(device);
  const place = (name: string, numbers: number, use: number = usage.storage) =>
    arena.ensure(name, 4 * numbers, use | usage.copyTo | usage.copyFrom);
  const upload = (name: string, values: Float32Array, use?: number) =>
    device.queue.writeBuffer(place(name, values.length, use), 0, values as Float32Array<ArrayBuffer>);
  const weights = new Float32Array(layout.parameters);
  weights.set(b);
  upload("parameters", weights);
  const rows = new Float32Array(wholeTiles(m) * layer.input.stride);
  for (let row = 0; row < m; row++) rows.set(a.subarray(row * k, (row + 1) * k), row * layer.input.stride);
  upload("features", rows);
  device.queue.writeBuffer(
    place("batch", m),
    0,
    Uint32Array.from({ length: m }, (_, i) => i),
  );
  place("activation 1", wholeTiles(m) * layer.output.stride);
  place("flags", 1);
  place("lengths", 1);
  upload("chunks", new Float32Array(encodeChunks(cut(0, m, m, {}))), usage.uniform);
  const bind = await dense.forward(device, layer, await tilesOf(device));
  const forward = bind(arena);
  const bytes = 4 * m * layer.output.stride;
  const readback = arena.ensure("readback", bytes, usage.mapRead | usage.copyTo);
  return {
    async run(times) {
      const encoder = device.createCommandEncoder();
      const pass = encoder.beginComputePass();
      for (let i = 0; i < times; i++)
        for (const launch of forward) record(pass, launch, 0, { rows: m, lines: m, room: m, exact: 4 });
      pass.end();
      encoder.copyBufferToBuffer(arena.get("activation 1"), 0, readback, 0, bytes);
      device.queue.submit([encoder.finish()]);
      await readback.mapAsync(GPUMapMode.READ, 0, bytes);
      const padded = new Float32Array(readback.getMappedRange(0, bytes));
      const found = new Float32Array(m * n);
      const { stride } = layer.output;
      for (let row = 0; row < m; row++) found.set(padded.subarray(row * stride, row * stride + n), row * n);
      readback.unmap();
      return found;
    },
    dispose: () => arena.dispose(),
  };
}

async function trainingRun(
  device: GPUDevice,
  model: Model,
  initial: Tensor[][],
  batches: Batch[],
  clip: Clip | undefined,
): Promise<TrainingRun> {
  const frozen = flatOf(model, initial, true);
  const engine = await Engine.create(device, architectureOf(model), noTables, { chunkLimit: model.batch, frozen });
  const inputs = size(model.shape);
  const count = batches.length * model.batch;
  const features = new Float32Array(count * inputs);
  const labels = new Uint8Array(count);
  batches.forEach((batch, i) => {
    features.set(batch.features, i * model.batch * inputs);
    labels.set(batch.labels, i * model.batch);
  });
  engine.load({ count, features, labels, cells: new Uint8Array(0) });
  const indices = batches.map((_, i) => Uint32Array.from({ length: model.batch }, (_, row) => i * model.batch + row));
  const options = { learningRate: model.learningRate, clip };
  let parameters = flatOf(model, initial, false);
  let done = 0;
  return {
    async steps(count) {
      const chosen = Array.from({ length: count }, (_, i) => indices[(done + i) % indices.length]!);
      parameters = new Float32Array(await engine.localTraining(parameters, chosen, noWitness, options));
      done += count;
    },
    async loss() {
      const next = done % batches.length;
      return crossEntropy(await engine.scores(parameters, indices[next]!), batches[next]!.labels);
    },
    dispose: () => engine.dispose(),
  };
}

const architectureOf = ({ shape, layers }: Model): Architecture => ({
  inputShape: shape,
  layers: layers.flatMap((layer) => declared(layer, shape)),
});

function declared(layer: Layer, shape: number[]): LayerSpec[] {
  switch (layer.kind) {
    case "dense":
      return [{ ...layer, activation: layer.activation ?? "none" }];
    case "conv":
      return [{ kind: "conv2d", channels: layer.channels, size: layer.size, activation: "relu" }];
    case "max-pool":
      return [{ kind: "max-pool2d", size: layer.size }];
    case "mean-tokens":
      return [layer];
    case "adapted": {
      const { hidden, rank } = layer;
      const kept = { frozen: true, adapter: rank } as const;
      return [
        {
          kind: "residual",
          layers: [
            { kind: "layer-norm", frozen: true },
            { kind: "dense", outputs: hidden, activation: "relu", ...kept },
            { kind: "dense", outputs: shape[1]!, activation: "none", ...kept },
          ],
        },
      ];
    }
    case "transformer":
      return [
        { kind: "residual", layers: [{ kind: "layer-norm" }, { kind: "attention", heads: layer.heads }] },
        {
          kind: "residual",
          layers: [
            { kind: "layer-norm" },
            { kind: "dense", outputs: layer.hidden, activation: "gelu" },
            { kind: "dense", outputs: shape[1]!, activation: "none" },
          ],
        },
      ];
  }
}

/** The tensors one behind the other; ours has queries, keys and values side by side, W [width, 3·width]. */
function flatOf({ layers }: Model, initial: Tensor[][], frozen: boolean): Float32Array<ArrayBuffer> {
  const all = initial.flatMap((every, i) => {
    const tensors = every.filter((tensor) => (tensor.frozen ?? false) === frozen);
    if (tensors.length === 0) return [];
    if (layers[i]!.kind !== "transformer") return tensors.map(({ values }) => values);
    const [gain, bias, ...rest] = tensors.map(({ values }) => values) as [Float32Array, Float32Array];
    const parts = rest.splice(0, 6);
    const weights = parts.filter((_, part) => part % 2 === 0);
    const width = bias.length;
    const joined = Float32Array.from({ length: 3 * width * width }, (_, at) => {
      const [row, column] = [Math.floor(at / (3 * width)), at % (3 * width)];
      return weights[Math.floor(column / width)]![row * width + (column % width)]!;
    });
    return [gain, bias, joined, ...parts.filter((_, part) => part % 2 === 1), ...rest];
  });
  return Float32Array.from(all.flatMap((values) => Array.from(values)));
}

/** @param logits [labels.length, classes] */
function crossEntropy(logits: Float32Array, labels: Int32Array): number {
  const classes = logits.length / labels.length;
  let sum = 0;
  labels.forEach((label, row) => {
    const own = Array.from(logits.subarray(row * classes, (row + 1) * classes));
    const largest = Math.max(...own);
    sum += Math.log(own.reduce((total, z) => total + Math.exp(z - largest), 0)) + largest - own[label]!;
  });
  return sum / labels.length;
}
