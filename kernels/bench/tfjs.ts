/**
 * TensorFlow.js on WebGPU in its best documented use: fused matmul and convolution, `tidy`, one optimizer, and a loss
 * that is read only at the end.
 */
import type { Layer, Model } from "./cases.ts";
import { type Batch, shapeAfter, size, type Tensor } from "./inputs.ts";
import type { Side } from "./side.ts";

/** As much of @tensorflow/tfjs as is called here. Its types come with a package that the house does not install. */
interface TfTensor {
  data(): Promise<Float32Array>;
  dispose(): void;
}
interface TfVariable extends TfTensor {
  readonly id: number;
}
interface Fused {
  bias?: TfTensor;
  activation?: "linear" | "relu";
}
export interface Tf {
  version: { "tfjs-core": string };
  setBackend(name: string): Promise<boolean>;
  getBackend(): string;
  ready(): Promise<void>;
  tidy<T>(compute: () => T): T;
  tensor(values: Float32Array | Int32Array, shape: number[], dtype?: string): TfTensor;
  variable(initial: TfTensor): TfVariable;
  oneHot(labels: TfTensor, depth: number): TfTensor;
  reshape(x: TfTensor, shape: number[]): TfTensor;
  transpose(x: TfTensor, order: number[]): TfTensor;
  matMul(a: TfTensor, b: TfTensor, transposeA?: boolean, transposeB?: boolean): TfTensor;
  add(a: TfTensor, b: TfTensor | number): TfTensor;
  sub(a: TfTensor, b: TfTensor): TfTensor;
  mul(a: TfTensor, b: TfTensor | number): TfTensor;
  tanh(x: TfTensor): TfTensor;
  relu(x: TfTensor): TfTensor;
  rsqrt(x: TfTensor): TfTensor;
  mean(x: TfTensor, axis: number): TfTensor;
  moments(x: TfTensor, axis: number, keepDims: boolean): { mean: TfTensor; variance: TfTensor };
  softmax(x: TfTensor): TfTensor;
  maxPool(x: TfTensor, size: number, strides: number, pad: "valid"): TfTensor;
  fused: {
    matMul(options: Fused & { a: TfTensor; b: TfTensor }): TfTensor;
    conv2d(options: Fused & { x: TfTensor; filter: TfTensor; strides: number; pad: "valid" }): TfTensor;
  };
  losses: { softmaxCrossEntropy(labels: TfTensor, logits: TfTensor): TfTensor };
  train: {
    sgd(learningRate: number): {
      minimize(loss: () => TfTensor, returnCost: true, variables: TfVariable[]): TfTensor;
      dispose(): void;
    };
  };
}

export async function tfjsSide(tf: Tf): Promise<Side> {
  await tf.setBackend("webgpu");
  await tf.ready();
  if (tf.getBackend() !== "webgpu") throw new Error(`TensorFlow.js fell back to ${tf.getBackend()}`);
  return {
    name: "TF.js WebGPU",
    async product({ m, k, n }, a, b) {
      const left = tf.tensor(a, [m, k]);
      const right = tf.tensor(b, [k, n]);
      return {
        async run(times) {
          for (let i = 1; i < times; i++) tf.matMul(left, right).dispose();
          const last = tf.matMul(left, right);
          const values = await last.data();
          last.dispose();
          return values;
        },
        dispose: () => [left, right].forEach((tensor) => void tensor.dispose()),
      };
    },
    train: async (model, initial, batches) => trainingRun(tf, model, initial, batches),
  };
}

function trainingRun(tf: Tf, model: Model, initial: Tensor[][], batches: Batch[]) {
  const layers = initial.map((tensors) =>
    tensors.map(({ values, shape }) => tf.tidy(() => tf.variable(tf.tensor(values, shape)))),
  );
  const variables = layers.flat();
  const trained = layers.flatMap((own, l) => own.filter((_, i) => !initial[l]![i]!.frozen));
  const data = batches.map(({ features, labels }) => ({
    features: tf.tensor(features, [model.batch, ...model.shape]),
    labels: tf.tidy(() => tf.oneHot(tf.tensor(labels, [model.batch], "int32"), model.classes)),
  }));
  const optimizer = tf.train.sgd(model.learningRate);
  let step = 0;

  const lossOf = ({ features, labels }: (typeof data)[number]) =>
    tf.losses.softmaxCrossEntropy(labels, logitsOf(tf, model, layers, features));
  const one = () => {
    const batch = data[step++ % data.length]!;
    return tf.tidy(() => optimizer.minimize(() => lossOf(batch), true, trained));
  };
  return {
    async steps(count: number) {
      for (let i = 1; i < count; i++) one().dispose();
      const last = one();
      await last.data();
      last.dispose();
    },
    async loss() {
      const loss = tf.tidy(() => lossOf(data[step % data.length]!));
      const [value] = await loss.data();
      loss.dispose();
      return value!;
    },
    dispose() {
      for (const tensor of [...variables, ...data.flatMap((d) => [d.features, d.labels])]) tensor.dispose();
      optimizer.dispose();
    },
  };
}

function logitsOf(tf: Tf, model: Model, layers: TfVariable[][], features: TfTensor): TfTensor {
  let shape = model.shape;
  let x = features;
  model.layers.forEach((layer, l) => {
    x = forward(tf, layer, layers[l]!, x, [model.batch, ...shape]);
    shape = shapeAfter(layer, shape);
  });
  return x;
}

function forward(tf: Tf, layer: Layer, parameters: TfTensor[], x: TfTensor, shape: number[]): TfTensor {
  switch (layer.kind) {
    case "dense": {
      const [weight, bias] = parameters as [TfTensor, TfTensor];
      const flat = tf.reshape(x, [shape[0]!, size(shape.slice(1))]);
      return tf.fused.matMul({ a: flat, b: weight, bias, activation: layer.activation ?? "linear" });
    }
    case "conv": {
      const [filter, bias] = parameters as [TfTensor, TfTensor];
      return tf.fused.conv2d({ x, filter, bias, strides: 1, pad: "valid", activation: "relu" });
    }
    case "max-pool":
      return tf.maxPool(x, layer.size, layer.size, "valid");
    case "transformer":
      return transformer(tf, layer.heads, parameters, x, shape as [number, number, number]);
    case "adapted":
      return adapted(tf, parameters, x, shape as [number, number, number]);
    case "mean-tokens":
      return tf.mean(x, 1);
  }
}

function transformer(tf: Tf, heads: number, p: TfTensor[], x: TfTensor, shape: [number, number, number]): TfTensor {
  const [batch, tokens, width] = shape;
  const affine = (values: TfTensor, at: number) => tf.fused.matMul({ a: values, b: p[at]!, bias: p[at + 1]! });
  const normed = (values: TfTensor, at: number) => norm(tf, values, p[at]!, p[at + 1]!);
  const split = (values: TfTensor) =>
    tf.transpose(tf.reshape(values, [batch, tokens, heads, width / heads]), [0, 2, 1, 3]);

  const flat = tf.reshape(x, [batch * tokens, width]);
  const entering = normed(flat, 0);
  const [query, key, value] = [2, 4, 6].map((at) => split(affine(entering, at))) as [TfTensor, TfTensor, TfTensor];
  const scores = tf.mul(tf.matMul(query, key, false, true), Math.sqrt(heads / width));
  const mixed = tf.transpose(tf.matMul(tf.softmax(scores), value), [0, 2, 1, 3]);
  const attended = tf.add(flat, affine(tf.reshape(mixed, [batch * tokens, width]), 8));
  const result = tf.add(attended, affine(gelu(tf, affine(normed(attended, 10), 12)), 14));
  return tf.reshape(result, shape);
}

function norm(tf: Tf, values: TfTensor, gain: TfTensor, bias: TfTensor): TfTensor {
  const { mean, variance } = tf.moments(values, -1, true);
  const standard = tf.mul(tf.sub(values, mean), tf.rsqrt(tf.add(variance, 1e-5)));
  return tf.add(tf.mul(standard, gain), bias);
}

function adapted(tf: Tf, p: TfTensor[], x: TfTensor, shape: [number, number, number]): TfTensor {
  const [batch, tokens, width] = shape;
  const affine = (values: TfTensor, at: number) => tf.fused.matMul({ a: values, b: p[at]!, bias: p[at + 1]! });
  const both = (values: TfTensor, at: number, low: number) =>
    tf.add(affine(values, at), affine(affine(values, low), low + 2));
  const flat = tf.reshape(x, [batch * tokens, width]);
  const up = tf.relu(both(norm(tf, flat, p[0]!, p[1]!), 2, 6));
  return tf.reshape(tf.add(flat, both(up, 4, 10)), shape);
}

function gelu(tf: Tf, x: TfTensor): TfTensor {
  const cubic = tf.mul(tf.mul(tf.mul(x, x), x), 0.044715);
  const inner = tf.mul(tf.add(x, cubic), Math.sqrt(2 / Math.PI));
  return tf.mul(tf.mul(x, 0.5), tf.add(tf.tanh(inner), 1));
}
