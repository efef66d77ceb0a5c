/** A model's logits in float64 on the CPU: the reference for the kernels, and enough where there is no adapter. */
import { type Architecture, layersOf } from "./model.ts";

/**
 * @param features [rows, inputs]
 * @param parameters flat, as in model.ts
 * @returns logits [rows]; the score is σ(z)
 */
export function predict(
  architecture: Architecture,
  parameters: ArrayLike<number>,
  features: Float32Array,
): Float64Array {
  const rows = features.length / architecture.inputs;
  const layers = layersOf(architecture);
  const activate = (x: number) => (architecture.activation === "relu" ? Math.max(0, x) : Math.tanh(x));
  let values = Float64Array.from(features);
  layers.forEach((layer, depth) => {
    const next = new Float64Array(rows * layer.outputs);
    for (let row = 0; row < rows; row++) {
      for (let o = 0; o < layer.outputs; o++) {
        let sum = parameters[layer.bias + o]!;
        for (let i = 0; i < layer.inputs; i++) {
          sum += values[row * layer.inputs + i]! * parameters[layer.weights + i * layer.outputs + o]!;
        }
        next[row * layer.outputs + o] = depth === layers.length - 1 ? sum : activate(sum);
      }
    }
    values = next;
  });
  return values;
}
