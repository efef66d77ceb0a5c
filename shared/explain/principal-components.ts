/**
 * Principal components of the inputs from noisy moments, and a model that looks at nothing but them. Symmetric noise of
 * deviation σ on the entries of a d × d matrix has eigenvalues up to 2σ√d (Wigner 1958), and the noise e of the means μ
 * adds up to ‖μ‖σ√d, since the covariance has −μeᵀ − eμᵀ in it. A component whose variance is not above both together may
 * be noise alone, and is left out. Of the others, noise makes the variance λ look like λ + σ²d/λ (Benaych-Georges &
 * Nadakuditi 2011, §3.1), which is taken back.
 */
import { EigenvalueDecomposition, Matrix } from "ml-matrix";
import { InputError } from "../errors.ts";
import { layersOf } from "../model.ts";
import { type ModelFile, type OpenModel, tensorsOf } from "../model-file.ts";
import type { Moments } from "../questions/moments.ts";
import { hashParameters } from "../round/0-announce.ts";

export interface PrincipalComponents {
  /** Of the inputs, [inputs] */
  mean: number[];
  /** Share of the whole variance, largest first, [components] */
  shares: number[];
  /** Orthonormal but for their six decimals, [components, inputs] */
  vectors: number[][];
}

/** The first `most` at the most; undefined where none rises above the noise. */
export function principalComponents(moments: Moments, most: number): PrincipalComponents | undefined {
  const { mean, covariance, noise } = moments;
  const width = mean.length;
  const spread = noise * Math.sqrt(width);
  const edge = spread * (2 + Math.hypot(...mean));
  const withoutNoise = (value: number) => (value + Math.sqrt(value ** 2 - 4 * spread ** 2)) / 2;
  const { realEigenvalues, eigenvectorMatrix } = new EigenvalueDecomposition(
    Matrix.from1DArray(width, width, covariance),
    { assumeSymmetric: true },
  );
  const order = realEigenvalues.map((value, i) => ({ value, i })).sort((a, b) => b.value - a.value);
  const clear = order.slice(0, most).filter(({ value }) => value > edge);
  const whole = mean.reduce((sum, _, i) => sum + covariance[i * width + i]!, 0);
  if (clear.length === 0 || !(whole > 0)) return undefined;
  return {
    mean: Array.from(mean, rounded),
    shares: clear.map(({ value }) => rounded(Math.min(1, withoutNoise(value) / whole))),
    vectors: clear.map(({ i }) => eigenvectorMatrix.getColumn(i).map(rounded)),
  };
}

/** Six decimals, so that a ledger entry holds them. */
const rounded = (x: number): number => Math.round(x * 1e6) / 1e6;

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
  const tensors = tensorsOf(file.architecture, next).map((t) => ({ ...t, data: Array.from(t.data) }));
  return {
    file: { ...file, modelHash: await hashParameters(next), tensors },
    components: count,
    inputs: components.mean.length,
    variance: components.shares.slice(0, count).reduce((a, b) => a + b, 0),
  };
}

const dot = (a: readonly number[], b: readonly number[]): number => a.reduce((sum, x, i) => sum + x * b[i]!, 0);
