/**
 * Integrated gradients (Sundararajan, Taly & Yan 2017, Eq. 1) by the midpoint rule:
 *   φᵢ = (xᵢ − x′ᵢ) · mean over k of ∂f/∂xᵢ at x′ + (k + ½)/steps · (x − x′)
 * They add up to f(x) − f(x′), but for the rule's own error, which is reported.
 */

import { InputError } from "../errors.ts";
import { forwardRow } from "../forward.ts";
import type { PlainActivation } from "../layers.ts";
import { type Architecture, architectureOf, featureColumns, layersOf } from "../model.ts";
import type { Task } from "../task.ts";

/** Gradient of the score with respect to model inputs [rows, width] → [rows, width]. */
export type ScoreGradient = (inputs: Float64Array) => Float64Array | Promise<Float64Array>;

const defaultSteps = 64;

export async function integratedGradients(
  gradient: ScoreGradient,
  row: ArrayLike<number>,
  baseline: ArrayLike<number>,
  steps = defaultSteps,
): Promise<Float64Array> {
  const width = row.length;
  const path = new Float64Array(steps * width);
  for (let k = 0; k < steps; k++) {
    const share = (k + 0.5) / steps;
    for (let i = 0; i < width; i++) path[k * width + i] = baseline[i]! + share * (row[i]! - baseline[i]!);
  }
  const gradients = await gradient(path);
  return Float64Array.from({ length: width }, (_, i) => {
    let sum = 0;
    for (let k = 0; k < steps; k++) sum += gradients[k * width + i]!;
    return ((row[i]! - baseline[i]!) * sum) / steps;
  });
}

/**
 * Absolute attributions of many rows by feature, a feature's columns added up first, logits [rows, features].
 * @param inputs encoded rows [rows, inputs] @param baseline [inputs]
 */
export async function absoluteAttributions(
  task: Task,
  parameters: ArrayLike<number>,
  inputs: Float32Array,
  baseline: readonly number[],
): Promise<Float64Array> {
  const architecture = architectureOf(task);
  const gradient = denseGradient(architecture, parameters);
  // The gradient of a linear model is the same everywhere.
  const steps = layersOf(architecture).length === 1 ? 1 : defaultSteps;
  const features = featureColumns(task);
  const rows = inputs.length / baseline.length;
  const absolute = new Float64Array(rows * features.length);
  for (let row = 0; row < rows; row++) {
    const own = inputs.subarray(row * baseline.length, (row + 1) * baseline.length);
    const byColumn = await integratedGradients(gradient, own, baseline, steps);
    features.forEach((columns, f) => {
      absolute[row * features.length + f] = Math.abs(columns.reduce((sum, column) => sum + byColumn[column]!, 0));
    });
  }
  return absolute;
}

/** dy/dz of an activation, by its output y. */
const slopes: Record<PlainActivation, (y: number) => number> = {
  none: () => 1,
  relu: (y) => (y > 0 ? 1 : 0),
  tanh: (y) => 1 - y * y,
  sigmoid: (y) => y * (1 - y),
};

/**
 * The gradient of a dense model's first logit, in float64 on the processor.
 * @param parameters flat, as in model.ts
 * @throws InputError for a model with other layers
 */
export function denseGradient(architecture: Architecture, parameters: ArrayLike<number>): ScoreGradient {
  const layers = layersOf(architecture);
  if (layers.some((layer) => layer.kind !== "dense"))
    throw new InputError("method", "is integrated-gradients, which takes dense layers only", "Use kernel-shap.");
  return (inputs) => {
    const width = layers[0]!.inputs;
    const gradients = new Float64Array(inputs.length);
    for (let start = 0; start < inputs.length; start += width) {
      const [, ...outputs] = forwardRow(layers, parameters, inputs.subarray(start, start + width));
      let back = Float64Array.from({ length: layers.at(-1)!.outputs }, (_, o) => (o === 0 ? 1 : 0));
      for (const [l, layer] of [...layers.entries()].reverse()) {
        const slope = slopes[layer.activation];
        const local = back.map((g, o) => g * slope(outputs[l]![o]!));
        back = Float64Array.from({ length: layer.inputs }, (_, i) =>
          local.reduce((sum, g, o) => sum + g * parameters[layer.weights + i * layer.outputs + o]!, 0),
        );
      }
      gradients.set(back, start);
    }
    return gradients;
  };
}
