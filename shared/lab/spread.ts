/** Mean of several seeds with its 95 % interval (Student's t), and the seeds' own values. */
export interface Spread {
  mean: number;
  low: number;
  high: number;
  values: number[];
}

/** Two-sided 95 % quantiles of Student's t, by degrees of freedom from 1 */
const student = [12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262];

export function spreadOf(values: number[]): Spread {
  const n = values.length;
  const mean = values.reduce((a, b) => a + b, 0) / n;
  const deviation = n > 1 ? Math.sqrt(values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (n - 1)) : 0;
  const half = n > 1 ? ((student[n - 2] ?? 1.96) * deviation) / Math.sqrt(n) : 0;
  return { mean, low: mean - half, high: mean + half, values };
}
