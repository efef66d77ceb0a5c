/** Binomial tails and the bounds made of them, for audits. */

/** ln Γ(a) for a > 0: Stirling's series after the argument is raised above 20 (DLMF 5.11.1). */
export function logGamma(a: number): number {
  let shift = 0;
  let z = a;
  for (; z < 20; z++) shift += Math.log(z);
  const series = 1 / (12 * z) - 1 / (360 * z ** 3) + 1 / (1260 * z ** 5);
  return (z - 0.5) * Math.log(z) - z + 0.5 * Math.log(2 * Math.PI) + series - shift;
}

/** ln P(Bin(n, p) = k), 0 < p < 1. */
export const logBinomial = (k: number, n: number, p: number): number =>
  logGamma(n + 1) - logGamma(k + 1) - logGamma(n - k + 1) + k * Math.log(p) + (n - k) * Math.log1p(-p);

/** P(Bin(n, p) ≥ k), by summing its terms outwards from the larger end of the shorter tail. */
export function binomialTail(k: number, n: number, p: number): number {
  if (k <= 0 || p >= 1) return k <= n ? 1 : 0;
  if (k > n || p <= 0) return 0;
  // Ratios of neighbouring terms fall away from the mode, so a side is summed until nothing is added.
  if (k <= n * p) return 1 - binomialTail(n - k + 1, n, 1 - p);
  let term = Math.exp(logBinomial(k, n, p));
  let sum = 0;
  for (let i = k; i <= n && term > 1e-17 * sum; i++) {
    sum += term;
    term *= ((n - i) / (i + 1)) * (p / (1 - p));
  }
  return Math.min(1, sum);
}

/** Largest p for which seeing at most `hits` of `trials` has a chance of `significance` (Clopper & Pearson 1934). */
export function upperRate(hits: number, trials: number, significance: number): number {
  if (hits >= trials) return 1;
  let [low, high] = [0, 1];
  for (let i = 0; i < 60; i++) {
    const p = (low + high) / 2;
    if (1 - binomialTail(hits + 1, trials, p) > significance) low = p;
    else high = p;
  }
  return high;
}
