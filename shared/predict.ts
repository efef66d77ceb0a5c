/** A model's logits in float64 on the CPU: enough where there is no adapter. */
import { forwardRow } from "./forward.ts";
import { type Architecture, layersOf } from "./model.ts";

/**
 * @param features [rows, ...inputShape]
 * @param parameters flat, as in model.ts
 * @param frozen those of an encoder
 * @returns logits [rows, outputs], or of every token [rows, tokens, outputs]
 */
export function predict(
  architecture: Architecture,
  parameters: ArrayLike<number>,
  features: Float32Array | Float64Array,
  frozen?: ArrayLike<number>,
): Float64Array {
  const layers = layersOf(architecture);
  const width = architecture.inputShape.reduce((a, b) => a * b);
  const { outputs, positions } = layers.at(-1)!;
  const each = positions * outputs;
  const rows = features.length / width;
  const logits = new Float64Array(rows * each);
  for (let row = 0; row < rows; row++) {
    logits.set(
      forwardRow(layers, parameters, features.subarray(row * width, (row + 1) * width), frozen).at(-1)!,
      row * each,
    );
  }
  return logits;
}

/** Of one row's logits: of one both outcomes, the negative first (σ); of several each class (softmax). */
export function outcomeProbabilities(logits: ArrayLike<number>): number[] {
  if (logits.length === 1) {
    const positive = 1 / (1 + Math.exp(-logits[0]!));
    return [1 - positive, positive];
  }
  const all = Array.from(logits);
  const largest = Math.max(...all);
  const exponentials = all.map((z) => Math.exp(z - largest));
  const sum = exponentials.reduce((a, b) => a + b, 0);
  return exponentials.map((e) => e / sum);
}
