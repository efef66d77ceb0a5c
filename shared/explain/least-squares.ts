/** Small dense least squares: the linear algebra of KernelSHAP and LIME, a few dozen unknowns at most. */
import { invariant } from "../errors.ts";

export type Matrix = number[][];

/** Solves A·X = B by Gaussian elimination with partial pivoting; undefined where A is singular. Both stay as they were. */
export function solve(a: Matrix, b: Matrix): Matrix | undefined {
  const n = a.length;
  const rows = a.map((row, i) => [...row, ...b[i]!]);
  const largest = Math.max(...a.flat().map(Math.abs));
  for (let column = 0; column < n; column++) {
    let pivot = column;
    for (let i = column + 1; i < n; i++) if (Math.abs(rows[i]![column]!) > Math.abs(rows[pivot]![column]!)) pivot = i;
    [rows[column], rows[pivot]] = [rows[pivot]!, rows[column]!];
    const lead = rows[column]!;
    if (!(Math.abs(lead[column]!) > 1e-13 * largest)) return undefined;
    for (let i = 0; i < n; i++) {
      if (i === column) continue;
      const row = rows[i]!;
      const factor = row[column]! / lead[column]!;
      if (factor === 0) continue;
      for (let j = column; j < row.length; j++) row[j] = row[j]! - factor * lead[j]!;
    }
  }
  return rows.map((row, i) => row.slice(n).map((x) => x / row[i]!));
}

export interface RidgeFit {
  intercept: number;
  coefficients: number[];
  /** Weighted share of the variance that the fit explains, at most 1 */
  r2: number;
}

/**
 * Weighted ridge regression with a free intercept, as scikit-learn's `Ridge(alpha)` fits it with `sample_weight`:
 * min Σ wᵢ(yᵢ − b − xᵢ·β)² + α‖β‖².
 * @param x [samples][columns]
 */
export function ridge(x: Matrix, y: readonly number[], weights: readonly number[], alpha: number): RidgeFit {
  const columns = x[0]?.length ?? 0;
  const total = weights.reduce((sum, w) => sum + w, 0);
  const mean = (of: (row: number) => number) => weights.reduce((sum, w, i) => sum + w * of(i), 0) / total;
  const centre = Array.from({ length: columns }, (_, j) => mean((i) => x[i]![j]!));
  const level = mean((i) => y[i]!);
  const gram: Matrix = centre.map(() => centre.map(() => 0));
  const right: Matrix = centre.map(() => [0]);
  let variance = 0;
  x.forEach((row, i) => {
    const w = weights[i]!;
    const dy = y[i]! - level;
    variance += w * dy * dy;
    for (let j = 0; j < columns; j++) {
      const dj = w * (row[j]! - centre[j]!);
      right[j]![0]! += dj * dy;
      for (let k = 0; k <= j; k++) gram[j]![k]! += dj * (row[k]! - centre[k]!);
    }
  });
  for (let j = 0; j < columns; j++) {
    gram[j]![j]! += alpha;
    for (let k = 0; k < j; k++) gram[k]![j] = gram[j]![k]!;
  }
  // Without a penalty a column that says nothing makes the system singular: a trace of one decides for zero.
  const solution = solve(gram, right) ?? solve(withRidge(gram, 1e-9), right);
  invariant(solution, "a ridge system has a solution");
  const coefficients = solution.map(([value]) => value!);
  const intercept = level - coefficients.reduce((sum, c, j) => sum + c * centre[j]!, 0);
  const left = x.reduce((sum, row, i) => {
    const fitted = coefficients.reduce((at, c, j) => at + c * row[j]!, intercept);
    return sum + weights[i]! * (y[i]! - fitted) ** 2;
  }, 0);
  return { intercept, coefficients, r2: variance > 0 ? 1 - left / variance : 1 };
}

const withRidge = (gram: Matrix, alpha: number): Matrix =>
  gram.map((row, i) => row.map((value, j) => (i === j ? value + alpha : value)));
