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

/** What a row left behind on its way: outputs of each layer, and the gradient by each layer's sums. */
interface Trace {
  outputs: Float64Array[];
  deltas: Float64Array[];
}

export class Network {
  readonly #layers: Layer[];
  /** Of the row in hand, then of further rows of a batch */
  readonly #traces: [Trace, ...Trace[]];

  constructor(
    architecture: Architecture,
    private readonly rows: SparseRows,
  ) {
    this.#layers = layersOf(architecture);
    this.#traces = [this.#trace()];
  }

  #trace(): Trace {
    const each = () => this.#layers.map((layer) => new Float64Array(layer.outputs));
    return { outputs: each(), deltas: each() };
  }

  logit(parameters: Float64Array, row: number): number {
    return this.#forward(parameters, row, this.#traces[0]);
  }

  /** Adds scale · (the row's gradient, clipped to an L2 norm); right after `logit` of the same row. */
  addGradient(
    parameters: Float64Array,
    row: number,
    dLdz: number,
    { clipNorm, scale, into }: { clipNorm: number; scale: number; into: Float64Array },
  ): void {
    const [trace] = this.#traces;
    this.#backward(parameters, dLdz, trace);
    const norm = clipNorm === Number.POSITIVE_INFINITY ? 0 : this.#norm(row, trace);
    this.#add(row, trace, scale * Math.min(1, clipNorm / Math.max(norm, 1e-300)), into);
  }

  /** One step along the mean of the rows' gradients. Most parameters of the first layer have none and are not touched. */
  descend(parameters: Float64Array, batch: Uint32Array, dLdz: (row: number, z: number) => number, rate: number): void {
    while (this.#traces.length < batch.length) this.#traces.push(this.#trace());
    for (let k = 0; k < batch.length; k++) {
      const [row, trace] = [batch[k]!, this.#traces[k]!];
      this.#backward(parameters, dLdz(row, this.#forward(parameters, row, trace)), trace);
    }
    for (let k = 0; k < batch.length; k++) this.#add(batch[k]!, this.#traces[k]!, -rate / batch.length, parameters);
  }

  #forward(parameters: Float64Array, row: number, trace: Trace): number {
    const { starts, columns, values } = this.rows;
    for (let l = 0; l < this.#layers.length; l++) {
      const { inputs, outputs, weights, bias, activation } = this.#layers[l]!;
      const out = trace.outputs[l]!;
      for (let o = 0; o < outputs; o++) out[o] = parameters[bias + o]!;
      if (l === 0) {
        const to = starts[row + 1]!;
        let k = starts[row]!;
        // Four entries at a time, so that what is added to is loaded and stored once for four products.
        for (; k + 3 < to; k += 4) {
          const [v0, v1, v2, v3] = [values[k]!, values[k + 1]!, values[k + 2]!, values[k + 3]!];
          const p0 = weights + columns[k]! * outputs;
          const p1 = weights + columns[k + 1]! * outputs;
          const p2 = weights + columns[k + 2]! * outputs;
          const p3 = weights + columns[k + 3]! * outputs;
          for (let o = 0; o < outputs; o++)
            out[o]! +=
              v0 * parameters[p0 + o]! + v1 * parameters[p1 + o]! + v2 * parameters[p2 + o]! + v3 * parameters[p3 + o]!;
        }
        for (; k < to; k++) {
          const value = values[k]!;
          const place = weights + columns[k]! * outputs;
          for (let o = 0; o < outputs; o++) out[o]! += value * parameters[place + o]!;
        }
      } else {
        const below = trace.outputs[l - 1]!;
        for (let i = 0; i < inputs; i++) {
          const value = below[i]!;
          if (value === 0) continue;
          const place = weights + i * outputs;
          for (let o = 0; o < outputs; o++) out[o]! += value * parameters[place + o]!;
        }
      }
      if (activation !== "none") for (let o = 0; o < outputs; o++) out[o] = activate(activation, out[o]!);
    }
    return trace.outputs.at(-1)![0]!;
  }

  #backward(parameters: Float64Array, dLdz: number, { outputs: found, deltas }: Trace): void {
    deltas.at(-1)![0] = dLdz;
    for (let l = this.#layers.length - 1; l > 0; l--) {
      const { inputs, outputs, weights } = this.#layers[l]!;
      const { activation } = this.#layers[l - 1]!;
      const [below, own, to] = [found[l - 1]!, deltas[l]!, deltas[l - 1]!];
      for (let i = 0; i < inputs; i++) {
        const place = weights + i * outputs;
        let sum = 0;
        for (let o = 0; o < outputs; o++) sum += own[o]! * parameters[place + o]!;
        to[i] = sum * slopeOf(activation, below[i]!);
      }
    }
  }

  /** Of the row's gradient. */
  #norm(row: number, { outputs, deltas }: Trace): number {
    const { starts, values } = this.rows;
    let square = 0;
    for (let l = 0; l < this.#layers.length; l++) {
      let input = 1;
      if (l === 0) for (let k = starts[row]!; k < starts[row + 1]!; k++) input += values[k]! * values[k]!;
      else for (const x of outputs[l - 1]!) input += x * x;
      let own = 0;
      for (const d of deltas[l]!) own += d * d;
      square += input * own;
    }
    return Math.sqrt(square);
  }

  #add(row: number, { outputs: found, deltas }: Trace, factor: number, into: Float64Array): void {
    const { starts, columns, values } = this.rows;
    for (let l = 0; l < this.#layers.length; l++) {
      const { inputs, outputs, weights, bias } = this.#layers[l]!;
      const delta = deltas[l]!;
      for (let o = 0; o < outputs; o++) into[bias + o]! += factor * delta[o]!;
      if (l === 0) {
        const to = starts[row + 1]!;
        for (let k = starts[row]!; k < to; k++) {
          const value = factor * values[k]!;
          const place = weights + columns[k]! * outputs;
          for (let o = 0; o < outputs; o++) into[place + o]! += value * delta[o]!;
        }
      } else {
        const below = found[l - 1]!;
        for (let i = 0; i < inputs; i++) {
          const value = factor * below[i]!;
          if (value === 0) continue;
          const place = weights + i * outputs;
          for (let o = 0; o < outputs; o++) into[place + o]! += value * delta[o]!;
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
