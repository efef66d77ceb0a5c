/**
 * Principal components of the inputs from noisy moments. Symmetric noise of
 * deviation σ on the entries of a d × d matrix has eigenvalues up to 2σ√d (Wigner 1958), and the noise e of the means μ
 * adds up to ‖μ‖σ√d, since the covariance has −μeᵀ − eμᵀ in it. A component whose variance is not above both together may
 * be noise alone, and is left out. Of the others, noise makes the variance λ look like λ + σ²d/λ (Benaych-Georges &
 * Nadakuditi 2011, §3.1), which is taken back.
 */
import { EigenvalueDecomposition, Matrix } from "ml-matrix";
import type { PrincipalComponents } from "../model-file.ts";
import type { Moments } from "../questions/moments.ts";

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
