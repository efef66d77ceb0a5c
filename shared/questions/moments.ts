/**
 * `moments`: the second moment of the model's inputs, Σ s·sᵀ over training rows with s = (x, 1), of which means and
 * covariances follow, and from them the principal components (explain/principal-components.ts). The noise is on each of
 * the upper triangle's entries, which is all there is (Dwork, Talwar, Thakurta & Zhang 2014, Algorithm 1).
 */
import { inputWidth } from "../model.ts";
import type { Task } from "../task.ts";
import { gridUnit, type Layout, layOut, readSegment, segment } from "./layout.ts";

/**
 * L2 bound of x: a scaled number's square is 1 on average, and a category is a single one. Longer rows are shortened
 * to it.
 */
const inputBound = ({ data }: Task): number => Math.sqrt(data.features.length);

/** The upper triangle of [inputs + 1, inputs + 1], row by row; its norm for one row is at most ‖s‖² ≤ bound² + 1. */
export function momentsLayout(task: Task): Layout {
  const { unit } = task.privacy;
  const width = inputWidth(task) + 1;
  const length = (width * (width + 1)) / 2;
  const bound = inputBound(task) ** 2 + 1;
  return layOut(unit, [{ name: "moments", length, bound, unit: gridUnit(unit, length, bound), rounded: true }]);
}

/**
 * The sum over rows, [dimension]; at record level each row is rounded to the grid by itself, so that the sum with it and
 * without it differ by no more than the layout says. A row that overflows counts as x = 0.
 * @param inputs [rows, inputs]
 */
export function sumMoments(task: Task, layout: Layout, inputs: ArrayLike<number>): Float64Array {
  const width = inputWidth(task);
  const { unit } = segment(layout, "moments");
  const onGrid = task.privacy.unit === "record" ? (x: number) => Math.round(x * unit) / unit : (x: number) => x;
  const sum = new Float64Array(layout.dimension);
  const row = new Float64Array(width + 1);
  const bound = inputBound(task);
  for (let start = 0; start < inputs.length; start += width) {
    let square = 0;
    for (let i = 0; i < width; i++) square += inputs[start + i]! ** 2;
    const shorten = Number.isFinite(square) ? Math.min(1, bound / Math.sqrt(square || 1)) : 0;
    for (let i = 0; i < width; i++) row[i] = shorten === 0 ? 0 : shorten * inputs[start + i]!;
    row[width] = 1;
    let at = 0;
    for (let i = 0; i <= width; i++) {
      const factor = row[i]!;
      if (factor === 0) at += width + 1 - i;
      else for (let j = i; j <= width; j++) sum[at++]! += onGrid(factor * row[j]!);
    }
  }
  return sum;
}

/** Means and covariances of the inputs. */
export interface Moments {
  /** [inputs] */
  mean: Float64Array;
  /** [inputs, inputs], symmetric */
  covariance: Float64Array;
  /** Standard deviation of the noise on a covariance */
  noise: number;
}

/** Deviations of noise that the number of rows (of participants, at participant level) must exceed. */
const clearly = 5;

/** Undefined where the rows are too few to be told from noise. @param noise standard deviation on an entry of the sum */
export function readMoments(task: Task, layout: Layout, sum: Float64Array, noise: number): Moments | undefined {
  const width = inputWidth(task);
  const entries = readSegment(layout, sum, "moments");
  const rows = entries.at(-1)!;
  if (rows < clearly * noise) return undefined;
  const place = (i: number, j: number) => i * (width + 1) - (i * (i - 1)) / 2 + (j - i);
  const mean = Float64Array.from({ length: width }, (_, i) => entries[place(i, width)]! / rows);
  const covariance = new Float64Array(width * width);
  for (let i = 0; i < width; i++) {
    for (let j = i; j < width; j++) {
      const value = entries[place(i, j)]! / rows - mean[i]! * mean[j]!;
      covariance[i * width + j] = value;
      covariance[j * width + i] = value;
    }
  }
  return { mean, covariance, noise: noise / rows };
}
