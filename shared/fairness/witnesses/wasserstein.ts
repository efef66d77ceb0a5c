/**
 * Wasserstein-1 of the two sides' scores: ∫ |F_a − F_b| dσ(z), F the share of rows below; what it takes to move one
 * distribution of probabilities onto the other. Witness slope: sign(F_b − F_a)·σ′(z) (Kantorovich and Rubinstein).
 *
 * The variation is that of ∫ ρ(F_a − F_b) dσ with each row spread by a normal of deviation h, so that it has a slope
 * wherever rows stand, and with ρ(x) = √(x² + ε²) − ε for |x|, or the sign of noise would pull as hard as a true
 * difference: a row of a gains −∫ ρ′(F_a − F_b)·φ_h(u − z) dσ(u), which is the slope above, looked at out of focus.
 */
import { binWidth } from "../histogram.ts";
import {
  centres,
  nothing,
  type Penalty,
  perRow,
  pooled,
  type Sides,
  sigmoid,
  spread,
  sumOf,
  tableFor,
} from "../witness.ts";

/** ε, a difference of shares */
export const rounding = 0.01;
/** h, in logits, as in auc-gap.ts */
export const bandwidth = binWidth;
/** Where the integral is taken, logits */
export const grid = Float64Array.from({ length: 113 }, (_, i) => -8 + i / 8);
const gridWeights = grid.map((u) => (sigmoid(u) * (1 - sigmoid(u))) / 8);

const labels = [0, 1] as const;

/** (p_a − p_b) by bin; null when a side has no rows */
function shares({ a, b }: Sides): Float64Array | null {
  const [countsA, countsB] = [pooled(a, labels), pooled(b, labels)];
  const [rowsA, rowsB] = [sumOf(countsA), sumOf(countsB)];
  return rowsA > 0 && rowsB > 0 ? countsA.map((count, bin) => count / rowsA - countsB[bin]! / rowsB) : null;
}

/** F_a − F_b between each centre and the next, rows at their centres; the last is 0. */
function differences(by: Float64Array): Float64Array {
  let sum = 0;
  return by.map((share, bin) => {
    sum += share;
    return bin + 1 < by.length ? sum : 0;
  });
}

/** σ from each centre to the next */
const widths = centres.map((z, bin) => (bin + 1 < centres.length ? sigmoid(centres[bin + 1]!) - sigmoid(z) : 0));
const sign = (x: number) => x / Math.hypot(x, rounding);
/** [bins][grid]: share of a row below, and its density, at each point of the grid */
const below = Array.from(centres, (z) => grid.map((u) => spread.below((u - z) / bandwidth)));
const density = Array.from(centres, (z) => grid.map((u) => spread.density((u - z) / bandwidth) / bandwidth));

export const wasserstein: Penalty = {
  oneSided: true,
  parts: [
    {
      name: "",
      gap(now, _, past) {
        const [present, before] = [shares(now), shares(past)];
        if (present === null || before === null) return null;
        const signs = differences(before).map(sign);
        return differences(present).reduce((sum, x, bin) => sum + x * signs[bin]! * widths[bin]!, 0);
      },
      slopes(sides) {
        const by = shares(sides) ?? nothing;
        const pull = grid.map(
          (_, i) => sign(by.reduce((sum, share, bin) => sum + share * below[bin]![i]!, 0)) * gridWeights[i]!,
        );
        const slope = centres.map((_, bin) => -pull.reduce((sum, x, i) => sum + x * density[bin]![i]!, 0));
        const scaled = (side: Sides["a"], way: 1 | -1) =>
          tableFor(
            labels,
            slope.map((s) => way * s * perRow(side, labels)),
          );
        return { a: scaled(sides.a, 1), b: scaled(sides.b, -1) };
      },
    },
  ],
};
