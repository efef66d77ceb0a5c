/**
 * A model's shape and how its parameters lie in one flat vector, so that an update is one vector.
 * Dense layers, one output logit z; the score is σ(z). No hidden layer: logistic regression.
 */
import type { Task } from "./task.ts";

export interface Architecture {
  inputs: number;
  /** Widths of the hidden layers */
  hidden: number[];
  activation: "relu" | "tanh";
}

export interface Layer {
  inputs: number;
  outputs: number;
  /** Offset of W [inputs, outputs], row-major, in the flat vector */
  weights: number;
  /** Offset of b [outputs] */
  bias: number;
}

export function layersOf(architecture: Architecture): Layer[] {
  const widths = [architecture.inputs, ...architecture.hidden, 1];
  const layers: Layer[] = [];
  let offset = 0;
  for (let i = 0; i + 1 < widths.length; i++) {
    const inputs = widths[i]!;
    const outputs = widths[i + 1]!;
    layers.push({ inputs, outputs, weights: offset, bias: offset + inputs * outputs });
    offset += (inputs + 1) * outputs;
  }
  return layers;
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
  return { inputs: inputWidth(task), hidden: task.model.hidden, activation: task.model.activation };
}

/**
 * Starting parameters [parameterCount] f32: zeros for logistic regression; for hidden layers a fixed, public
 * pseudo-random start (Glorot & Bengio 2010, uniform ±√(6/(in+out))) from the run's seed, so that all ends agree.
 */
export function initialParameters(architecture: Architecture, seed: number): Float32Array<ArrayBuffer> {
  const parameters = new Float32Array(parameterCount(architecture));
  if (architecture.hidden.length === 0) return parameters;
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
