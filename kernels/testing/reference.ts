/** The same mathematics in float64, one row after the other, written for reading and not for speed. */
import { binCentre, binWidth, scoreBins, undisclosed, type Witness } from "../../shared/fairness/histogram.ts";
import {
  attentionShares,
  channelsAt,
  forwardRow,
  gelu,
  standardized,
  tokensIn,
  windowsOf,
} from "../../shared/forward.ts";
import { type Architecture, type Layer, layersOf, parameterCount } from "../../shared/model.ts";
import { unlabelled } from "../../shared/text/tags.ts";
import type { Clip, Rows } from "../engine.ts";

export const sigmoid = (z: number): number => (z < 0 ? Math.exp(z) / (1 + Math.exp(z)) : 1 / (1 + Math.exp(-z)));

/** Activations of every layer of one row: the features first, the logits last. */
export function activations(
  architecture: Architecture,
  parameters: ArrayLike<number>,
  features: ArrayLike<number>,
  frozen?: ArrayLike<number>,
) {
  return forwardRow(layersOf(architecture), parameters, features, frozen).map((tensor) => Array.from(tensor));
}

/** Piecewise linear through the bin centres, constant outside. */
export function interpolate(slope: number[], entry: number, z: number): number {
  const at = (bin: number) => slope[entry * scoreBins.count + bin]!;
  if (z <= binCentre(0)) return at(0);
  if (z >= binCentre(scoreBins.count - 1)) return at(scoreBins.count - 1);
  const left = Math.floor((z - binCentre(0)) / binWidth);
  return at(left) + ((z - binCentre(left)) / binWidth) * (at(left + 1) - at(left));
}

const cellsOfRow = (rows: Rows, row: number): number[] => {
  const width = rows.cells.length / rows.count;
  return Array.from(rows.cells.subarray(row * width, (row + 1) * width)).filter((cell) => cell !== undisclosed);
};

/** dL/dz of a row. */
export function lossGradient(rows: Rows, row: number, witness: Witness, z: number): number {
  const y = rows.labels[row]!;
  let weight = 1;
  let penalty = 0;
  for (const cell of cellsOfRow(rows, row)) {
    weight *= witness.weight[cell * 2 + y]!;
    penalty += interpolate(witness.slope, cell * 2 + y, z);
  }
  return weight * (sigmoid(z) - y) + penalty;
}

export const featuresOf = (rows: Rows, row: number): Float32Array => {
  const width = rows.features.length / rows.count;
  return rows.features.subarray(row * width, (row + 1) * width);
};

/** dL/dz of each logit: of one with the fairness tables, of several as softmax cross-entropy, of tokens their mean. */
export function headGradient(rows: Rows, row: number, witness: Witness, logits: number[]): number[] {
  if (logits.length === 1) return [lossGradient(rows, row, witness, logits[0]!)];
  const each = rows.labels.length / rows.count;
  const labels = Array.from(rows.labels.subarray(row * each, (row + 1) * each));
  const labelled = labels.filter((label) => label !== unlabelled).length;
  const classes = logits.length / each;
  return labels.flatMap((label, i) => {
    const own = logits.slice(i * classes, (i + 1) * classes);
    const exponentials = own.map((z) => Math.exp(z - Math.max(...own)));
    const sum = exponentials.reduce((a, b) => a + b, 0);
    return exponentials.map((e, k) => (label === unlabelled ? 0 : (e / sum - Number(k === label)) / labelled));
  });
}

/** activation′ by the activated value. */
function slope(activation: Layer["activation"], y: number): number {
  switch (activation) {
    case "none":
      return 1;
    case "relu":
      return Number(y > 0);
    case "tanh":
      return 1 - y * y;
    case "sigmoid":
      return y * (1 - y);
  }
}

/** A row's gradient [parameterCount], not clipped. */
export function rowGradient(
  architecture: Architecture,
  parameters: ArrayLike<number>,
  rows: Rows,
  row: number,
  witness: Witness,
  frozen: ArrayLike<number> = [],
) {
  const layers = layersOf(architecture);
  const a = activations(architecture, parameters, featuresOf(rows, row), frozen);
  const gradient = new Float64Array(parameterCount(architecture));
  /** What a frozen layer's would be goes nowhere */
  const unused = new Float64Array(frozen.length);
  const counted = tokensIn(layers, featuresOf(rows, row));
  const g = a.map((tensor) => tensor.map(() => 0));
  g[g.length - 1] = headGradient(rows, row, witness, a.at(-1)!);
  for (let l = layers.length - 1; l >= 0; l--) {
    const layer = layers[l]!;
    const own = g[l + 1]!;
    const below = layers[layer.from - 1]?.activation ?? "none";
    const [values, sums] = layer.frozen ? [frozen, unused] : [parameters, gradient];
    backwardRow(layer, values, a[layer.from]!, own, sums, counted).forEach((value, i) => {
      g[layer.from]![i]! += value * slope(below, a[layer.from]![i]!);
    });
    if (layer.skip !== undefined)
      own.forEach((value, i) => {
        g[layer.skip!]![i]! += value;
      });
  }
  return gradient;
}

/** Adds the gradient of a layer's parameters; the gradient by its inputs. */
function backwardRow(
  layer: Layer,
  parameters: ArrayLike<number>,
  x: number[],
  g: number[],
  gradient: Float64Array,
  counted: number,
): number[] {
  const { inputs, outputs, positions, weights, bias } = layer;
  const gx: number[] = Array(x.length).fill(0);
  /** The affine part on the inputs that stand at `places` */
  const affine = (places: number[], own: number[]) => {
    own.forEach((value, o) => {
      gradient[bias + o]! += value;
      for (let i = 0; i < inputs; i++) {
        gradient[weights + i * outputs + o]! += x[places[i]!]! * value;
        gx[places[i]!]! += value * parameters[weights + i * outputs + o]!;
      }
    });
  };
  switch (layer.kind) {
    case "dense":
      for (let p = 0; p < positions; p++) {
        const places = Array.from({ length: inputs }, (_, i) => p * inputs + i);
        affine(places, g.slice(p * outputs, (p + 1) * outputs));
      }
      break;
    case "embedding":
      x.forEach((id, token) => {
        for (let j = 0; j < outputs && id >= 0; j++) gradient[id * outputs + j]! += g[token * outputs + j]!;
      });
      break;
    case "layer-norm":
      for (let p = 0; p < positions; p++) {
        const { values, scale } = standardized(
          Float64Array.from(x.slice(p * outputs, (p + 1) * outputs)),
          layer.epsilon,
        );
        const own = g.slice(p * outputs, (p + 1) * outputs);
        const h = own.map((value, j) => (inputs === 0 ? value : value * parameters[weights + j]!));
        const plain = h.reduce((a, b) => a + b, 0) / outputs;
        const along = h.reduce((sum, value, j) => sum + value * values[j]!, 0) / outputs;
        own.forEach((value, j) => {
          if (inputs > 0) {
            gradient[weights + j]! += value * values[j]!;
            gradient[bias + j]! += value;
          }
          gx[p * outputs + j] = scale * (h[j]! - plain - values[j]! * along);
        });
      }
      break;
    case "attend": {
      const [tokens, width] = layer.outputShape as [number, number];
      const size = width / layer.heads;
      for (let head = 0; head < layer.heads; head++)
        for (let query = 0; query < tokens; query++) {
          const shares = attentionShares(layer, x, head, query, counted);
          const of = (token: number, part: number, i: number) => token * 3 * width + part * width + head * size + i;
          const byShare = shares.map((_, key) => {
            let sum = 0;
            for (let i = 0; i < size; i++) sum += g[query * width + head * size + i]! * x[of(key, 2, i)]!;
            return sum;
          });
          const mean = shares.reduce((sum, share, key) => sum + share * byShare[key]!, 0);
          shares.forEach((share, key) => {
            const byScore = (share * (byShare[key]! - mean)) / Math.sqrt(size);
            for (let i = 0; i < size; i++) {
              gx[of(key, 2, i)]! += share * g[query * width + head * size + i]!;
              gx[of(query, 0, i)]! += byScore * x[of(key, 1, i)]!;
              gx[of(key, 1, i)]! += byScore * x[of(query, 0, i)]!;
            }
          });
        }
      break;
    }
    case "gelu":
      x.forEach((z, i) => {
        gx[i] = g[i]! * gelu(z).slope;
      });
      break;
    case "add":
    case "positions":
      return g;
    case "mean-tokens": {
      const [tokens, width] = layer.inputShape as [number, number];
      const count = Math.min(tokens, counted);
      for (let i = 0; i < count * width; i++) gx[i] = g[i % width]! / count;
      break;
    }
    case "conv2d":
      windowsOf(layer, 1).forEach((pixels, position) => {
        const places = pixels.flatMap((pixel) => channelsAt(layer, pixel));
        affine(places, g.slice(position * outputs, (position + 1) * outputs));
      });
      break;
    case "max-pool2d": {
      const channels = layer.inputShape[2]!;
      windowsOf(layer, layer.size).forEach((pixels, window) => {
        for (let channel = 0; channel < channels; channel++) {
          const places = pixels.map((pixel) => pixel * channels + channel);
          const largest = Math.max(...places.map((at) => x[at]!));
          gx[places.find((at) => x[at] === largest)!]! += g[window * channels + channel]!;
        }
      });
    }
  }
  return gx;
}

/** Σ over the batch of the rows' gradients as they are. */
export function plainSum(
  architecture: Architecture,
  parameters: ArrayLike<number>,
  rows: Rows,
  batch: Iterable<number>,
  witness: Witness,
  frozen?: ArrayLike<number>,
): Float64Array {
  const sum = new Float64Array(parameterCount(architecture));
  for (const row of batch) {
    rowGradient(architecture, parameters, rows, row, witness, frozen).forEach((value, i) => {
      sum[i]! += value;
    });
  }
  return sum;
}

/** Σ over the batch of unit · g·min(1, norm/‖g‖), not rounded. */
export function clippedSum(
  architecture: Architecture,
  parameters: ArrayLike<number>,
  rows: Rows,
  batch: Iterable<number>,
  witness: Witness,
  clip: Clip,
  frozen?: ArrayLike<number>,
): Float64Array {
  const sum = new Float64Array(parameterCount(architecture));
  for (const row of batch) {
    const gradient = rowGradient(architecture, parameters, rows, row, witness, frozen);
    const factor = clip.unit * Math.min(1, clip.norm / Math.hypot(...gradient));
    gradient.forEach((value, i) => {
      sum[i]! += factor * value;
    });
  }
  return sum;
}
