/**
 * jax-js in its best documented use: the whole step, gradient and descent, is one `jit` for its device. jax-js is lazy,
 * so that the loss is read and the parameters are waited for.
 */
import type { Layer, Model } from "./cases.ts";
import { type Batch, shapeAfter, size, type Tensor } from "./inputs.ts";
import type { Side } from "./side.ts";

/** As much of @jax-js/jax as is called here. Its types come with a package that the house does not install. */
interface JaxArray {
  /** The same array, for one use more: every call uses its arguments up. */
  readonly ref: JaxArray;
  data(): Promise<Float32Array>;
  dispose(): void;
  add(other: JaxArray | number): JaxArray;
  sub(other: JaxArray): JaxArray;
  mul(other: JaxArray | number): JaxArray;
  neg(): JaxArray;
  reshape(shape: number[]): JaxArray;
  transpose(order: number[]): JaxArray;
  sum(axis?: number): JaxArray;
  mean(axis?: number): JaxArray;
}
type Parameters = JaxArray[][];
interface Compiled<In extends unknown[], Out> {
  (...parameters: In): Out;
  dispose(): void;
}
export type JaxDevice = "webgpu" | "wasm";
export interface Jax {
  init(...devices: JaxDevice[]): Promise<JaxDevice[]>;
  defaultDevice(device: JaxDevice): void;
  jit<In extends unknown[], Out>(f: (...parameters: In) => Out, options: { device: JaxDevice }): Compiled<In, Out>;
  valueAndGrad(
    f: (trained: Parameters, frozen: Parameters, features: JaxArray, labels: JaxArray) => JaxArray,
  ): (trained: Parameters, frozen: Parameters, features: JaxArray, labels: JaxArray) => [JaxArray, Parameters];
  blockUntilReady<T>(tree: T): Promise<T>;
  numpy: {
    array(values: Float32Array | Int32Array, options: { shape: number[]; device: JaxDevice }): JaxArray;
    matmul(a: JaxArray, b: JaxArray): JaxArray;
    max(x: JaxArray): JaxArray;
  };
  lax: {
    conv(x: JaxArray, kernel: JaxArray, strides: number[], padding: "VALID"): JaxArray;
    reduceWindow(x: JaxArray, computation: (window: JaxArray) => JaxArray, size: number[], strides: number[]): JaxArray;
  };
  nn: {
    relu(x: JaxArray): JaxArray;
    gelu(x: JaxArray, options: { approximate: boolean }): JaxArray;
    logSoftmax(x: JaxArray): JaxArray;
    oneHot(labels: JaxArray, classes: number): JaxArray;
    standardize(x: JaxArray, axis: number, options: { epsilon: number }): JaxArray;
    dotProductAttention(query: JaxArray, key: JaxArray, value: JaxArray): JaxArray;
  };
}

export async function jaxSide(jax: Jax, device: JaxDevice): Promise<Side> {
  const devices = await jax.init(device);
  if (!devices.includes(device)) throw new Error(`jax-js has no ${device} here`);
  return {
    name: device === "webgpu" ? "jax-js WebGPU" : "jax-js Wasm",
    async product({ m, k, n }, a, b) {
      jax.defaultDevice(device);
      const left = jax.numpy.array(a, { shape: [m, k], device });
      const right = jax.numpy.array(b, { shape: [k, n], device });
      const multiply = jax.jit((x: JaxArray, y: JaxArray) => jax.numpy.matmul(x, y), { device });
      return {
        async run(times) {
          jax.defaultDevice(device);
          const results = Array.from({ length: times }, () => multiply(left.ref, right.ref));
          await jax.blockUntilReady(results);
          const last = results.pop()!;
          for (const result of results) result.dispose();
          return last.data();
        },
        dispose() {
          for (const array of [left, right, multiply]) array.dispose();
        },
      };
    },
    train: async (model, initial, batches) => trainingRun(jax, device, model, initial, batches),
  };
}

function trainingRun(jax: Jax, device: JaxDevice, model: Model, initial: Tensor[][], batches: Batch[]) {
  jax.defaultDevice(device);
  const place = (values: Float32Array | Int32Array, shape: number[]) => jax.numpy.array(values, { shape, device });
  const placed = (those: boolean): Parameters =>
    initial.map((tensors, l) =>
      tensors
        .filter(({ frozen = false }) => frozen === those)
        .map((tensor) => {
          const { values, shape } = model.layers[l]!.kind === "conv" ? channelsFirst(tensor) : tensor;
          return place(values, shape);
        }),
    );
  let parameters = placed(false);
  // Their gradients are not asked for.
  const kept = placed(true);
  const refsOf = (own: Parameters) => own.map((tensors) => tensors.map((tensor) => tensor.ref));
  const data = batches.map(({ features, labels }) => ({
    features: place(features, [model.batch, ...model.shape]),
    labels: place(labels, [model.batch]),
  }));
  const lossOf = (own: Parameters, frozen: Parameters, features: JaxArray, labels: JaxArray) => {
    const expected = jax.nn.oneHot(labels, model.classes);
    const likelihoods = jax.nn.logSoftmax(logitsOf(jax, model, own, frozen, features)).mul(expected);
    return likelihoods.sum(-1).mean().neg();
  };
  const lossAndGradient = jax.valueAndGrad(lossOf);
  const step = jax.jit(
    (own: Parameters, frozen: Parameters, features: JaxArray, labels: JaxArray): [JaxArray, Parameters] => {
      const [loss, gradient] = lossAndGradient(refsOf(own), frozen, features, labels);
      return [
        loss,
        own.map((tensors, l) => tensors.map((tensor, t) => tensor.sub(gradient[l]![t]!.mul(model.learningRate)))),
      ];
    },
    { device },
  );
  let done = 0;
  return {
    async steps(count: number) {
      jax.defaultDevice(device);
      let loss: JaxArray | undefined;
      for (let i = 0; i < count; i++) {
        loss?.dispose();
        const { features, labels } = data[done++ % data.length]!;
        [loss, parameters] = step(parameters, refsOf(kept), features.ref, labels.ref);
      }
      await jax.blockUntilReady(parameters);
      await loss!.data();
    },
    async loss() {
      jax.defaultDevice(device);
      const { features, labels } = data[done % data.length]!;
      const [value] = await lossOf(refsOf(parameters), refsOf(kept), features.ref, labels.ref).data();
      return value!;
    },
    dispose() {
      for (const array of [...parameters.flat(), ...kept.flat(), ...data.flatMap((d) => [d.features, d.labels]), step])
        array.dispose();
    },
  };
}

function logitsOf(jax: Jax, model: Model, parameters: Parameters, frozen: Parameters, features: JaxArray): JaxArray {
  let shape = model.shape;
  // Images go channels first in jax-js. Ours enter with one channel, and so need no transposition here.
  let x = shape.length === 3 ? features.reshape([model.batch, shape[2]!, shape[0]!, shape[1]!]) : features;
  model.layers.forEach((layer, l) => {
    x = forward(jax, layer, [...frozen[l]!, ...parameters[l]!], x, [model.batch, ...shape]);
    shape = shapeAfter(layer, shape);
  });
  return x;
}

function forward(jax: Jax, layer: Layer, parameters: JaxArray[], x: JaxArray, shape: number[]): JaxArray {
  switch (layer.kind) {
    case "dense": {
      const [weight, bias] = parameters as [JaxArray, JaxArray];
      const last = shape.length === 4 ? x.transpose([0, 2, 3, 1]) : x;
      const z = jax.numpy.matmul(last.reshape([shape[0]!, size(shape.slice(1))]), weight).add(bias);
      return layer.activation ? jax.nn.relu(z) : z;
    }
    case "conv": {
      const [kernel, bias] = parameters as [JaxArray, JaxArray];
      return jax.nn.relu(jax.lax.conv(x, kernel, [1, 1], "VALID").add(bias.reshape([layer.channels, 1, 1])));
    }
    case "max-pool": {
      const window = [layer.size, layer.size];
      return jax.lax.reduceWindow(x, jax.numpy.max, window, window);
    }
    case "transformer":
      return transformer(jax, layer.heads, parameters, x, shape as [number, number, number]);
    case "adapted":
      return adapted(jax, parameters, x);
    case "mean-tokens":
      return x.mean(1);
  }
}

function transformer(jax: Jax, heads: number, p: JaxArray[], x: JaxArray, shape: [number, number, number]): JaxArray {
  const [batch, tokens, width] = shape;
  const affine = (values: JaxArray, at: number) => jax.numpy.matmul(values, p[at]!).add(p[at + 1]!);
  const normed = (values: JaxArray, at: number) =>
    jax.nn
      .standardize(values, -1, { epsilon: 1e-5 })
      .mul(p[at]!)
      .add(p[at + 1]!);
  const split = (values: JaxArray) => values.reshape([batch, tokens, heads, width / heads]);

  const entering = normed(x.ref, 0);
  const query = split(affine(entering.ref, 2));
  const key = split(affine(entering.ref, 4));
  const value = split(affine(entering, 6));
  const mixed = jax.nn.dotProductAttention(query, key, value).reshape(shape);
  const attended = x.add(affine(mixed, 8));
  const up = affine(normed(attended.ref, 10), 12);
  return attended.add(affine(jax.nn.gelu(up, { approximate: true }), 14));
}

function adapted(jax: Jax, p: JaxArray[], x: JaxArray): JaxArray {
  const affine = (values: JaxArray, at: number) => jax.numpy.matmul(values, p[at]!).add(p[at + 1]!);
  const both = (values: JaxArray, at: number, low: number) =>
    affine(values.ref, at).add(affine(affine(values, low), low + 2));
  const entering = jax.nn.standardize(x.ref, -1, { epsilon: 1e-5 }).mul(p[0]!).add(p[1]!);
  return x.add(both(jax.nn.relu(both(entering, 2, 6)), 4, 10));
}

/** [height, width, in, out] → [out, in, height, width], as jax-js has its kernels; a bias stays as it is. */
function channelsFirst({ name, shape, values }: Tensor): Tensor {
  if (shape.length !== 4) return { name, shape, values };
  const [height, width, inputs, outputs] = shape as [number, number, number, number];
  const turned = new Float32Array(values.length);
  values.forEach((value, i) => {
    const out = i % outputs;
    const input = Math.floor(i / outputs) % inputs;
    const place = Math.floor(i / (outputs * inputs));
    turned[(out * inputs + input) * height * width + place] = value;
  });
  return { name, shape: [outputs, inputs, height, width], values: turned };
}
