/** The normal distribution's quantiles. */
import { logNormalCdf } from "../accountants/gaussian.ts";

/** Φ⁻¹(p) for 0 < p < 1, by Newton's steps on ln Φ, which is concave, so that they come from below and do not overshoot. */
export function normalQuantile(p: number): number {
  if (!(p > 0)) return -Infinity;
  if (!(p < 1)) return Infinity;
  if (p > 0.5) return -normalQuantile(1 - p);
  const target = Math.log(p);
  // Below the root: Φ(x) ≤ e^{−x²/2}/2 for x ≤ 0.
  let x = -Math.sqrt(Math.max(0, -2 * Math.log(2 * p)));
  for (let i = 0; i < 50; i++) {
    const log = logNormalCdf(x);
    const slope = Math.exp((-x * x) / 2 - 0.5 * Math.log(2 * Math.PI) - log);
    const step = (target - log) / slope;
    x += step;
    if (Math.abs(step) < 1e-14 * (1 + Math.abs(x))) break;
  }
  return x;
}

/** The quantiles at (i + ½)/count: a normal sample without chance. */
export const normalQuantiles = (count: number): number[] =>
  Array.from({ length: count }, (_, i) => normalQuantile((i + 0.5) / count));
