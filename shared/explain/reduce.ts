/** A model that looks at nothing but the first principal components of its inputs, and costs some accuracy for it. */
import { InputError } from "../errors.ts";
import { layersOf } from "../model.ts";
import { type ModelFile, type OpenModel, withParameters } from "../model-file.ts";

export interface Reduced {
  file: ModelFile;
  /** Numbers that the model looks at now, and before */
  components: number;
  inputs: number;
  /** Share of the inputs' variance that they carry */
  variance: number;
}

/**
 * The model on x̂ = μ + VVᵀ(x − μ) instead of x: its first layer becomes W′ = VVᵀW and b′ = b + (μ − VVᵀμ)ᵀW. Nothing is
 * trained again.
 * @param count components to keep
 * @throws InputError where the model's run did not ask for components, or for fewer
 */
export async function reduce({ file, parameters }: OpenModel, count: number): Promise<Reduced> {
  const { components } = file.context;
  if (!components)
    throw new InputError(
      "context.components",
      "are not in the model",
      "Give `explain.components` in the task; with too few rows none rises above the noise.",
    );
  if (count > components.vectors.length)
    throw new InputError(
      "--components",
      `is ${count}, and ${components.vectors.length} are known`,
      "Keep no more than that.",
    );
  const first = layersOf(file.architecture).find((layer) => layer.inputs > 0)!;
  const basis = components.vectors.slice(0, count);
  const next = parameters.slice();
  for (let o = 0; o < first.outputs; o++) {
    const column = components.mean.map((_, i) => parameters[first.weights + i * first.outputs + o]!);
    const within = basis.map((vector) => dot(vector, column));
    const projected = column.map((_, i) => basis.reduce((sum, vector, k) => sum + vector[i]! * within[k]!, 0));
    projected.forEach((weight, i) => {
      next[first.weights + i * first.outputs + o] = weight;
    });
    next[first.bias + o]! += dot(components.mean, column) - dot(components.mean, projected);
  }
  return {
    file: await withParameters(file, next),
    components: count,
    inputs: components.mean.length,
    variance: components.shares.slice(0, count).reduce((a, b) => a + b, 0),
  };
}

const dot = (a: readonly number[], b: readonly number[]): number => a.reduce((sum, x, i) => sum + x * b[i]!, 0);
