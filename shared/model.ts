/**
 * A model's shape, a declared list of layers, and how its parameters lie in one flat vector, so that an update is one
 * vector. One output is a logit z whose score is σ(z); of several, the scores are their softmax.
 */
import type { LayerSpec } from "./layers.ts";
import type { Task } from "./task.ts";

export interface Architecture {
  inputs: number;
  /** At least one; the last gives the logits */
  layers: LayerSpec[];
}

export interface Layer {
  inputs: number;
  outputs: number;
  activation: LayerSpec["activation"];
  /** Offset of W [inputs, outputs], row-major, in the flat vector */
  weights: number;
  /** Offset of b [outputs], right behind W */
  bias: number;
}

export function layersOf({ inputs, layers }: Architecture): Layer[] {
  const placed: Layer[] = [];
  let below = inputs;
  let offset = 0;
  for (const { outputs, activation } of layers) {
    placed.push({ inputs: below, outputs, activation, weights: offset, bias: offset + below * outputs });
    offset += (below + 1) * outputs;
    below = outputs;
  }
  return placed;
}

export function parameterCount(architecture: Architecture): number {
  const last = layersOf(architecture).at(-1)!;
  return last.bias + last.outputs;
}

/** Columns of the input: a numeric feature is one, a categorical one a column a value. */
export function inputWidth(task: Task): number {
  return task.data.features.reduce((sum, f) => sum + (f.kind === "numeric" ? 1 : f.values.length), 0);
}

export function architectureOf(task: Task): Architecture {
  return { inputs: inputWidth(task), layers: task.model.layers };
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
