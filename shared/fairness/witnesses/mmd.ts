/**
 * Maximum mean discrepancy of the two sides' scores (Gretton et al. 2012, Lemma 6; as a penalty MinDiff, Prost et al.
 * 2019): the largest difference of means of a function f of norm 1, reached by
 *   f(z) = Σ_b k(z, z_b)·(p_a − p_b)(b) / MMD,   slope f′(z),
 * p the shares of rows by bin. Logits, not probabilities, carry the kernel: there the bins are evenly spaced.
 */
import { centres, type Penalty, perRow, pooled, type Sides, sumOf, tableFor } from "../witness.ts";

/** Deviation of the Gaussian kernel exp(−d²/2h²), in logits: wide enough to see past one bin's noise. */
export const bandwidth = 1.5;

const labels = [0, 1] as const;
const kernel = (d: number) => Math.exp(-(d ** 2) / (2 * bandwidth ** 2));

/** p_a − p_b by bin; null when a side has no rows */
function discrepancy({ a, b }: Sides): Float64Array | null {
  const [countsA, countsB] = [pooled(a, labels), pooled(b, labels)];
  const [rowsA, rowsB] = [sumOf(countsA), sumOf(countsB)];
  return rowsA > 0 && rowsB > 0 ? countsA.map((count, bin) => count / rowsA - countsB[bin]! / rowsB) : null;
}

const smoothed = (d: Float64Array, by: (x: number) => number) =>
  centres.map((z) => d.reduce((sum, x, bin) => sum + x * by(z - centres[bin]!), 0));
const dot = (x: Float64Array, y: Float64Array) => x.reduce((sum, value, i) => sum + value * y[i]!, 0);

export const mmd: Penalty = {
  oneSided: true,
  parts: [
    {
      name: "",
      gap(now, _, past) {
        const [present, before] = [discrepancy(now), discrepancy(past)];
        if (present === null || before === null) return null;
        const f = smoothed(before, kernel);
        const distance = Math.sqrt(Math.max(0, dot(f, before)));
        return distance > 0 ? dot(f, present) / distance : 0;
      },
      slopes(sides) {
        const d = discrepancy(sides);
        const distance = d && Math.sqrt(Math.max(0, dot(smoothed(d, kernel), d)));
        const slope = smoothed(d ?? centres.map(() => 0), (x) => (-x / bandwidth ** 2) * kernel(x));
        const scaled = (by: number) =>
          tableFor(
            labels,
            slope.map((s) => (distance ? (s * by) / distance : 0)),
          );
        return { a: scaled(perRow(sides.a, labels)), b: scaled(-perRow(sides.b, labels)) };
      },
    },
  ],
};
