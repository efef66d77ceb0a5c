/**
 * The same simulation as a loop over clients in jax-js: each local step one `jit` of gradient and descent, all batches on
 * the device beforehand, nothing read back but at a round's end. No clipping, no noise, no counts: only the learning.
 */
import { type Architecture, layersOf } from "../../shared/model.ts";
import { localBatch, localLearningRate } from "./population.ts";

/** As much of @jax-js/jax as is called here. Its types come with a package that the house does not install. */
interface JaxArray {
  readonly ref: JaxArray;
  data(): Promise<Float32Array>;
  dispose(): void;
  add(other: JaxArray): JaxArray;
  sub(other: JaxArray): JaxArray;
  mul(other: JaxArray | number): JaxArray;
  neg(): JaxArray;
  sum(axis?: number): JaxArray;
  mean(axis?: number): JaxArray;
}
export type JaxDevice = "webgpu" | "wasm";
type Model = JaxArray[];
export interface Jax {
  init(...devices: JaxDevice[]): Promise<JaxDevice[]>;
  defaultDevice(device: JaxDevice): void;
  jit<In extends unknown[], Out>(f: (...parameters: In) => Out, options: { device: JaxDevice }): (...all: In) => Out;
  grad(
    f: (model: Model, features: JaxArray, labels: JaxArray) => JaxArray,
  ): (model: Model, features: JaxArray, labels: JaxArray) => Model;
  blockUntilReady<T>(tree: T): Promise<T>;
  numpy: {
    array(values: Float32Array, options: { shape: number[]; device: JaxDevice }): JaxArray;
    matmul(a: JaxArray, b: JaxArray): JaxArray;
  };
  nn: { relu(x: JaxArray): JaxArray; logSoftmax(x: JaxArray): JaxArray };
}

export interface Loop {
  /** Trains these clients from the global model, whose mean is the next */
  round(clients: readonly number[]): Promise<void>;
  /** The global model [parameterCount] */
  parameters(): Promise<Float32Array<ArrayBuffer>>;
}

/** @param features [clients, rows, width] @param labels 0 or 1 [clients, rows] @param rows of a client, whole batches */
export async function jaxLoop(
  jax: Jax,
  device: JaxDevice,
  architecture: Architecture,
  initial: Float32Array,
  { features, labels, rows }: { features: Float32Array; labels: ArrayLike<number>; rows: number },
): Promise<Loop> {
  const devices = await jax.init(device);
  if (!devices.includes(device)) throw new Error(`jax-js has no ${device} here`);
  jax.defaultDevice(device);
  const place = (values: Float32Array, shape: number[]) => jax.numpy.array(values, { shape, device });
  const layers = layersOf(architecture);
  const width = layers[0]!.inputs;
  let global: Model = layers.flatMap(({ inputs, outputs, weights, bias }) => [
    place(initial.slice(weights, bias), [inputs, outputs]),
    place(initial.slice(bias, bias + outputs), [outputs]),
  ]);
  const batches = Array.from({ length: labels.length / localBatch }, (_, b) => ({
    features: place(features.slice(b * localBatch * width, (b + 1) * localBatch * width), [localBatch, width]),
    // One-hot, [batch, 2].
    labels: place(
      Float32Array.from({ length: 2 * localBatch }, (_, i) => Number(labels[b * localBatch + (i >> 1)] === i % 2)),
      [localBatch, 2],
    ),
  }));
  // softmax(−z/2, z/2) is (1 − σ(z), σ(z)): the loss of one logit, by what jax-js has for two.
  const halves = () => place(Float32Array.of(-0.5, 0.5), [1, 2]);
  const gradient = jax.grad((model, x, y) => {
    let out = x;
    for (let l = 0; l < layers.length; l++) {
      out = jax.numpy.matmul(out, model[2 * l]!).add(model[2 * l + 1]!);
      if (l < layers.length - 1) out = jax.nn.relu(out);
    }
    return jax.nn.logSoftmax(jax.numpy.matmul(out, halves())).mul(y).sum(-1).mean().neg();
  });
  const copy = (model: Model) => model.map((tensor) => tensor.ref);
  const step = jax.jit(
    (model: Model, x: JaxArray, y: JaxArray) => {
      const slopes = gradient(copy(model), x, y);
      return model.map((tensor, i) => tensor.sub(slopes[i]!.mul(localLearningRate)));
    },
    { device },
  );
  const add = jax.jit((a: Model, b: Model) => a.map((tensor, i) => tensor.add(b[i]!)), { device });
  const perClient = rows / localBatch;
  return {
    async round(clients) {
      jax.defaultDevice(device);
      let sum: Model | undefined;
      for (const client of clients) {
        let own = copy(global);
        for (const batch of batches.slice(client * perClient, (client + 1) * perClient))
          own = step(own, batch.features.ref, batch.labels.ref);
        sum = sum ? add(sum, own) : own;
      }
      for (const tensor of global) tensor.dispose();
      global = sum!.map((tensor) => tensor.mul(1 / clients.length));
      await jax.blockUntilReady(global);
    },
    async parameters() {
      const parts = await Promise.all(global.map((tensor) => tensor.ref.data()));
      return Float32Array.from(parts.flatMap((part) => Array.from(part)));
    },
  };
}
