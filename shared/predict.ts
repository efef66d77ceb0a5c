/** A model's logits in float64 on the CPU: the reference for the kernels, and enough where there is no adapter. */
import { activate } from "./layers.ts";
import { type Architecture, layersOf } from "./model.ts";

/**
 * @param features [rows, inputs]
 * @param parameters flat, as in model.ts
 * @returns logits [rows, outputs]
 */
export function predict(
  architecture: Architecture,
  parameters: ArrayLike<number>,
  features: Float32Array,
): Float64Array {
  const rows = features.length / architecture.inputs;
  let values = Float64Array.from(features);
  for (const layer of layersOf(architecture)) {
    const next = new Float64Array(rows * layer.outputs);
    for (let row = 0; row < rows; row++) {
      for (let o = 0; o < layer.outputs; o++) {
        let sum = parameters[layer.bias + o]!;
        for (let i = 0; i < layer.inputs; i++) {
          sum += values[row * layer.inputs + i]! * parameters[layer.weights + i * layer.outputs + o]!;
        }
        next[row * layer.outputs + o] = activate(layer.activation, sum);
      }
    }
    values = next;
  }
  return values;
}
