/**
 * A model of dense layers in float64 on the CPU, on rows that are mostly zeros (one-hot columns): what the kernels do,
 * for simulations of thousands of participants. One output, a logit.
 */
import { activate } from "../../shared/layers.ts";
import { type Architecture, type Layer, layersOf } from "../../shared/model.ts";

/** Rows by their entries other than 0. */
export interface SparseRows {
  /** [rows + 1] where each row's entries start */
  starts: Uint32Array;
  columns: Uint16Array;
  values: Float64Array;
}

/** @param features [rows, width], row-major */
export function sparse(features: Float32Array, width: number): SparseRows {
  const rows = features.length / width;
  const starts = new Uint32Array(rows + 1);
  const columns: number[] = [];
  const values: number[] = [];
  for (let row = 0; row < rows; row++) {
    for (let i = 0; i < width; i++) {
      const value = features[row * width + i]!;
      if (value === 0) continue;
      columns.push(i);
      values.push(value);
    }
    starts[row + 1] = columns.length;
  }
  return { starts, columns: Uint16Array.from(columns), values: Float64Array.from(values) };
}

export class Network {
  readonly #layers: Layer[];
  /** Outputs of each layer, and the gradient by each layer's sums, of the row in hand */
  readonly #outputs: Float64Array[];
  readonly #deltas: Float64Array[];

  constructor(
    architecture: Architecture,
    private readonly rows: SparseRows,
  ) {
    this.#layers = layersOf(architecture);
    this.#outputs = this.#layers.map((layer) => new Float64Array(layer.outputs));
    this.#deltas = this.#layers.map((layer) => new Float64Array(layer.outputs));
  }

  logit(parameters: ArrayLike<number>, row: number): number {
    const { starts, columns, values } = this.rows;
    for (let l = 0; l < this.#layers.length; l++) {
      const { inputs, outputs, weights, bias, activation } = this.#layers[l]!;
      const out = this.#outputs[l]!;
      for (let o = 0; o < outputs; o++) out[o] = parameters[bias + o]!;
      if (l === 0) {
        const to = starts[row + 1]!;
        for (let k = starts[row]!; k < to; k++) {
          const value = values[k]!;
          const place = weights + columns[k]! * outputs;
          for (let o = 0; o < outputs; o++) out[o]! += value * parameters[place + o]!;
        }
      } else {
        const below = this.#outputs[l - 1]!;
        for (let i = 0; i < inputs; i++) {
          for (let o = 0; o < outputs; o++) out[o]! += below[i]! * parameters[weights + i * outputs + o]!;
        }
      }
      if (activation !== "none") for (let o = 0; o < outputs; o++) out[o] = activate(activation, out[o]!);
    }
    return this.#outputs.at(-1)![0]!;
  }

  /** Adds scale · (the row's gradient, clipped to an L2 norm); right after `logit` of the same row. */
  addGradient(
    parameters: ArrayLike<number>,
    row: number,
    dLdz: number,
    { clipNorm, scale, into }: { clipNorm: number; scale: number; into: Float64Array },
  ): void {
    const { starts, columns, values } = this.rows;
    const [from, to] = [starts[row]!, starts[row + 1]!];
    this.#deltas.at(-1)![0] = dLdz;
    for (let l = this.#layers.length - 1; l > 0; l--) {
      const { inputs, outputs, weights } = this.#layers[l]!;
      const { activation } = this.#layers[l - 1]!;
      const below = this.#outputs[l - 1]!;
      for (let i = 0; i < inputs; i++) {
        let sum = 0;
        for (let o = 0; o < outputs; o++) sum += this.#deltas[l]![o]! * parameters[weights + i * outputs + o]!;
        this.#deltas[l - 1]![i] = sum * slopeOf(activation, below[i]!);
      }
    }
    let square = 0;
    for (let l = 0; l < this.#layers.length; l++) {
      let input = 1;
      if (l === 0) for (let k = from; k < to; k++) input += values[k]! * values[k]!;
      else for (const x of this.#outputs[l - 1]!) input += x * x;
      let own = 0;
      for (const d of this.#deltas[l]!) own += d * d;
      square += input * own;
    }
    const factor = scale * Math.min(1, clipNorm / Math.max(Math.sqrt(square), 1e-300));
    for (let l = 0; l < this.#layers.length; l++) {
      const { inputs, outputs, weights, bias } = this.#layers[l]!;
      const delta = this.#deltas[l]!;
      for (let o = 0; o < outputs; o++) into[bias + o]! += factor * delta[o]!;
      if (l === 0) {
        for (let k = from; k < to; k++) {
          const value = factor * values[k]!;
          const place = weights + columns[k]! * outputs;
          for (let o = 0; o < outputs; o++) into[place + o]! += value * delta[o]!;
        }
      } else {
        const below = this.#outputs[l - 1]!;
        for (let i = 0; i < inputs; i++) {
          const value = factor * below[i]!;
          if (value === 0) continue;
          for (let o = 0; o < outputs; o++) into[weights + i * outputs + o]! += value * delta[o]!;
        }
      }
    }
  }
}

/** activation′ by the activated value */
function slopeOf(activation: Layer["activation"], y: number): number {
  switch (activation) {
    case "none":
      return 1;
    case "relu":
      return y > 0 ? 1 : 0;
    case "tanh":
      return 1 - y * y;
    case "sigmoid":
      return y * (1 - y);
  }
}
