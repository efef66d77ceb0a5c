/** A model on one row in float64, written for reading. */
import { activate } from "./layers.ts";
import type { Layer } from "./model.ts";
import { tokenCount } from "./text/padding.ts";

type Numbers = ArrayLike<number>;

/**
 * @param parameters flat, as in model.ts
 * @param features of one row, [...inputShape]
 * @param frozen those of an encoder
 * @returns all tensors in their order: the features first, the logits last; behind a row's tokens, zeros
 */
export function forwardRow(
  layers: Layer[],
  parameters: Numbers,
  features: Numbers,
  frozen: Numbers = [],
): Float64Array<ArrayBuffer>[] {
  const tensors = [Float64Array.from(features)];
  const tokens = tokensIn(layers, features);
  for (const layer of layers) {
    const made = forwardLayer(layer, layer.frozen ? frozen : parameters, tensors, tokens);
    const [, width] = layer.outputShape;
    tensors.push(layer.outputShape.length === 2 ? made.fill(0, tokens * width!) : made);
  }
  return tensors;
}

/** Tokens before the padding, where there are token numbers; all, where there are none. */
export function tokensIn(layers: Layer[], features: Numbers): number {
  if (layers[0]!.kind !== "embedding") return Number.POSITIVE_INFINITY;
  return tokenCount(Float64Array.from(features));
}

/** gelu(z) by tanh (Hendrycks & Gimpel 2016, section 2), and its slope. */
export function gelu(z: number): { value: number; slope: number } {
  const scale = Math.sqrt(2 / Math.PI);
  const t = Math.tanh(scale * (z + 0.044715 * z ** 3));
  const inner = scale * (1 + 3 * 0.044715 * z * z);
  return { value: 0.5 * z * (1 + t), slope: 0.5 * (1 + t) + 0.5 * z * (1 - t * t) * inner };
}

/** Scores of one token's query to all tokens' keys, as shares: [tokens], 0 beyond those that count. */
export function attentionShares(layer: Layer, x: Numbers, head: number, query: number, counted: number): number[] {
  const [tokens, width] = layer.inputShape as [number, number];
  const size = width / 3 / layer.heads;
  const scores = Array.from({ length: Math.min(tokens, counted) }, (_, key) => {
    let score = 0;
    for (let i = 0; i < size; i++)
      score += x[query * width + head * size + i]! * x[key * width + width / 3 + head * size + i]!;
    return score / Math.sqrt(size);
  });
  const exponentials = scores.map((score) => Math.exp(score - Math.max(...scores)));
  const sum = exponentials.reduce((a, b) => a + b, 0);
  return Array.from({ length: tokens }, (_, key) => (exponentials[key] ?? 0) / Math.max(sum, Number.MIN_VALUE));
}

function forwardLayer(layer: Layer, parameters: Numbers, tensors: Float64Array<ArrayBuffer>[], counted: number) {
  const x = tensors[layer.from]!;
  const { outputs, positions, weights, bias } = layer;
  const out = new Float64Array(layer.outputShape.reduce((a, b) => a * b));
  const lines = layer.outputShape.length === 2 ? Math.min(positions, counted) : positions;
  switch (layer.kind) {
    case "dense":
      for (let p = 0; p < lines; p++)
        out.set(affine(layer, parameters, x.subarray(p * layer.inputs, (p + 1) * layer.inputs)), p * outputs);
      return out;
    case "embedding":
      x.forEach((id, token) => {
        for (let j = 0; j < outputs && id >= 0; j++) out[token * outputs + j] = parameters[weights + id * outputs + j]!;
      });
      return out;
    case "layer-norm":
      for (let p = 0; p < lines; p++) {
        standardized(x.subarray(p * outputs, (p + 1) * outputs), layer.epsilon).values.forEach((value, j) => {
          out[p * outputs + j] = layer.inputs === 0 ? value : value * parameters[weights + j]! + parameters[bias + j]!;
        });
      }
      return out;
    case "attend": {
      const [tokens, width] = layer.outputShape as [number, number];
      for (let head = 0; head < layer.heads; head++)
        for (let query = 0; query < Math.min(tokens, counted); query++)
          attentionShares(layer, x, head, query, counted).forEach((share, token) => {
            for (let i = (head * width) / layer.heads; i < ((head + 1) * width) / layer.heads; i++)
              out[query * width + i]! += share * x[token * 3 * width + 2 * width + i]!;
          });
      return out;
    }
    case "gelu":
      return x.map((z) => gelu(z).value);
    case "add":
      return x.map((value, i) => activate(layer.activation, value + tensors[layer.skip!]![i]!));
    case "positions":
      return x.map((value, i) => value + parameters[weights + i]!);
    case "mean-tokens": {
      const [tokens, width] = layer.inputShape as [number, number];
      const count = Math.min(tokens, counted);
      for (let i = 0; i < count * width; i++) out[i % width]! += x[i]! / count;
      return out;
    }
    case "conv2d": {
      windowsOf(layer, 1).forEach((pixels, position) => {
        const patch = pixels.flatMap((pixel) => channelsAt(layer, pixel).map((at) => x[at]!));
        out.set(affine(layer, parameters, patch), position * layer.outputs);
      });
      return out;
    }
    case "max-pool2d": {
      const windows = windowsOf(layer, layer.size);
      return Float64Array.from(
        windows.flatMap((pixels) =>
          channelsAt(layer, 0).map((channel) => Math.max(...pixels.map((p) => x[channelsAt(layer, p)[channel]!]!))),
        ),
      );
    }
  }
}

/** (x − mean) / √(variance + ε) of one token (Ba et al. 2016, equation 4). */
export function standardized(x: Float64Array, epsilon: number): { values: Float64Array; scale: number } {
  const mean = x.reduce((a, b) => a + b, 0) / x.length;
  const variance = x.reduce((sum, value) => sum + (value - mean) ** 2, 0) / x.length;
  const scale = 1 / Math.sqrt(variance + epsilon);
  return { values: x.map((value) => (value - mean) * scale), scale };
}

function affine(layer: Layer, parameters: Numbers, x: Numbers): Float64Array {
  return Float64Array.from({ length: layer.outputs }, (_, o) => {
    let sum = parameters[layer.bias + o]!;
    for (let i = 0; i < layer.inputs; i++) sum += x[i]! * parameters[layer.weights + i * layer.outputs + o]!;
    return activate(layer.activation, sum);
  });
}

/** Pixels (row by row, counted from the image's first) of each window, windows `step` apart and counted row by row. */
export function windowsOf({ inputShape, outputShape, size }: Layer, step: number): number[][] {
  const width = inputShape[1]!;
  const [down, across] = outputShape as [number, number];
  return Array.from({ length: down * across }, (_, position) => {
    const first = Math.floor(position / across) * step * width + (position % across) * step;
    return Array.from({ length: size * size }, (_, i) => first + Math.floor(i / size) * width + (i % size));
  });
}

/** Where the channels of a pixel stand. */
export function channelsAt({ inputShape }: Layer, pixel: number): number[] {
  const channels = inputShape[2]!;
  return Array.from({ length: channels }, (_, channel) => pixel * channels + channel);
}
