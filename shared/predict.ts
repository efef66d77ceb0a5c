/** A model's logits in float64 on the CPU: enough where there is no adapter. */
import { forwardRow } from "./forward.ts";
import { type Architecture, layersOf } from "./model.ts";

/**
 * @param features [rows, ...inputShape]
 * @param parameters flat, as in model.ts
 * @returns logits [rows, outputs]
 */
export function predict(
  architecture: Architecture,
  parameters: ArrayLike<number>,
  features: Float32Array | Float64Array,
): Float64Array {
  const layers = layersOf(architecture);
  const width = architecture.inputShape.reduce((a, b) => a * b);
  const { outputs } = layers.at(-1)!;
  const rows = features.length / width;
  const logits = new Float64Array(rows * outputs);
  for (let row = 0; row < rows; row++) {
    logits.set(
      forwardRow(layers, parameters, features.subarray(row * width, (row + 1) * width)).at(-1)!,
      row * outputs,
    );
  }
  return logits;
}
