/**
 * Calibration: each group's own calibration error, ECE = Σ_b |r_b| with r_b = Σ_{rows in bin b} (y − σ(z)) / N (Naeini et
 * al. 2015, in bins of the logit), is brought down, so the gap between groups falls by making the worse ones better and
 * never by spoiling the better. Slope: −sign(r_b)·σ′(z) for both labels; rows are taken to stay in their bin.
 * The absolute value is rounded off at 0, √(x² + ε²) − ε, or the sign of noise would pull as hard as a true error.
 */
import {
  centres,
  nothing,
  type Penalty,
  perRow,
  pooled,
  type Side,
  sigmoid,
  sigmoidSlopes,
  sumOf,
} from "../witness.ts";

/** ε, a share of the group's rows */
export const rounding = 0.002;

const labels = [0, 1] as const;
const scores = centres.map(sigmoid);
const sign = (x: number) => x / Math.hypot(x, rounding);

/** r_b; null without rows */
function residuals(side: Side): Float64Array | null {
  const rows = sumOf(pooled(side, labels));
  const [negatives, positives] = side.counts;
  return rows > 0 ? scores.map((p, bin) => (positives[bin]! * (1 - p) - negatives[bin]! * p) / rows) : null;
}

export const calibration: Penalty = {
  oneSided: true,
  alone: true,
  parts: [
    {
      name: "",
      gap(now, _, past) {
        const [present, before] = [residuals(now.a), residuals(past.a)];
        if (present === null || before === null) return null;
        return present.reduce((sum, r, bin) => sum + r * sign(before[bin]!), 0);
      },
      slopes({ a }) {
        const r = residuals(a) ?? nothing;
        const slope = sigmoidSlopes.map((s, bin) => -s * sign(r[bin]!) * perRow(a, labels));
        return { a: [slope, slope], b: [nothing, nothing] };
      },
    },
  ],
};
