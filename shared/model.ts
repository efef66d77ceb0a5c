/**
 * A model's shape, a declared list of layers, and how its parameters lie in one flat vector, so that an update is one
 * vector. One output is a logit z whose score is σ(z); of several, the scores are their softmax.
 */
import { InputError } from "./errors.ts";
import type { Activation, LayerSpec } from "./layers.ts";
import type { Task } from "./task.ts";

export interface Architecture {
  /** [features], or [height, width, channels] of images; rows are flat, channels next to each other */
  inputShape: number[];
  /** At least one; the last is dense and gives the logits */
  layers: LayerSpec[];
}

export interface Layer {
  kind: LayerSpec["kind"];
  inputShape: number[];
  outputShape: number[];
  activation: Activation;
  /** Of a window, in both directions; 1 where there are none */
  size: number;
  /** Rows of W [inputs, outputs]: the numbers that each output sees; 0 without parameters */
  inputs: number;
  outputs: number;
  /** Offset of W, row-major, in the flat vector */
  weights: number;
  /** Offset of b [outputs], right behind W */
  bias: number;
}

/** @throws InputError that names the layer whose input does not fit it */
export function layersOf({ inputShape, layers }: Architecture): Layer[] {
  const placed: Layer[] = [];
  let shape = inputShape;
  let offset = 0;
  layers.forEach((spec, i) => {
    const field = `layers.${i}`;
    const { inputs, outputs, outputShape } = extentOf(spec, shape, field);
    if (spec.kind === "dense" && placed.at(-1)?.kind === "conv2d")
      throw new InputError(
        field,
        "is dense, right behind a conv2d",
        "Put a max-pool2d between (size 1 changes nothing).",
      );
    placed.push({
      kind: spec.kind,
      inputShape: shape,
      outputShape,
      activation: spec.kind === "max-pool2d" ? "none" : spec.activation,
      size: spec.kind === "dense" ? 1 : spec.size,
      inputs,
      outputs,
      weights: offset,
      bias: offset + inputs * outputs,
    });
    offset += (inputs + 1) * outputs;
    shape = outputShape;
  });
  if (placed.at(-1)?.kind !== "dense")
    throw new InputError("layers", "end without logits", "Let the last layer be dense.");
  return placed;
}

function extentOf(spec: LayerSpec, shape: number[], field: string) {
  if (spec.kind === "dense") {
    return { inputs: shape.reduce((a, b) => a * b), outputs: spec.outputs, outputShape: [spec.outputs] };
  }
  const { kind, size } = spec;
  const [height, width, channels] = shape;
  if (shape.length !== 3 || height === undefined || width === undefined || channels === undefined)
    throw new InputError(field, `is ${kind}, which sees images, and gets ${shape.length} dimensions`, "Use dense.");
  if (size > Math.min(height, width))
    throw new InputError(`${field}.size`, `is ${size} for an image of ${height} × ${width}`, "Use a smaller window.");
  if (kind === "conv2d") {
    const outputShape = [height - size + 1, width - size + 1, spec.channels];
    return { inputs: size * size * channels, outputs: spec.channels, outputShape };
  }
  const outputShape = [Math.floor(height / size), Math.floor(width / size), channels];
  return { inputs: 0, outputs: 0, outputShape };
}

export function parameterCount(architecture: Architecture): number {
  const last = layersOf(architecture).at(-1)!;
  return last.bias + last.outputs;
}

/** Columns of the input: a numeric feature is one, a categorical one a column a value. */
export function inputWidth(task: { data: Pick<Task["data"], "features"> }): number {
  return task.data.features.reduce((sum, f) => sum + (f.kind === "numeric" ? 1 : f.values.length), 0);
}

/** Columns of the input by feature, in order: a categorical feature's stand together. */
export function featureColumns(task: { data: Pick<Task["data"], "features"> }): number[][] {
  let next = 0;
  return task.data.features.map((f) =>
    Array.from({ length: f.kind === "numeric" ? 1 : f.values.length }, () => next++),
  );
}

export function architectureOf(task: Task): Architecture {
  return { inputShape: [inputWidth(task)], layers: task.model.layers };
}

/**
 * Starting parameters [parameterCount] f32: zeros for a single layer; for more a fixed, public pseudo-random
 * start (Glorot & Bengio 2010, uniform ±√(6/(in+out))) from the run's seed, so that all ends agree.
 */
export function initialParameters(architecture: Architecture, seed: number): Float32Array<ArrayBuffer> {
  const parameters = new Float32Array(parameterCount(architecture));
  if (architecture.layers.length === 1) return parameters;
  // mulberry32: nothing secret rests on a model's start, only that it can be made again.
  let state = seed >>> 0;
  const uniform = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  for (const layer of layersOf(architecture)) {
    const limit = Math.sqrt(6 / (layer.inputs + layer.outputs));
    for (let i = 0; i < layer.inputs * layer.outputs; i++) parameters[layer.weights + i] = (2 * uniform() - 1) * limit;
  }
  return parameters;
}
