/** The Gaussian mechanism exactly (Balle & Wang 2018), and what it means as an attacker's power (Dong, Roth & Su 2022). */

/**
 * ln Φ(x), to about 1e-13 relative: series near zero, Lentz's continued fraction of Mills' ratio in the tails
 * (Abramowitz & Stegun 26.2.10 and 26.2.14).
 */
export function logNormalCdf(x: number): number {
  if (x > 4) return Math.log1p(-Math.exp(logUpperTail(x)));
  if (x < -4) return logUpperTail(-x);
  let term = x;
  let sum = x;
  for (let n = 1; Math.abs(term) > 1e-17 * Math.abs(sum) && n < 200; n++) {
    term *= (x * x) / (2 * n + 1);
    sum += term;
  }
  return Math.log(0.5 + (sum * Math.exp((-x * x) / 2)) / Math.sqrt(2 * Math.PI));
}

/** ln(1 − Φ(x)) for x > 0. */
function logUpperTail(x: number): number {
  let fraction = 0;
  for (let n = 200; n >= 1; n--) fraction = n / (x + fraction);
  return (-x * x) / 2 - 0.5 * Math.log(2 * Math.PI) - Math.log(x + fraction);
}

/** μ of a composition of Gaussian answers: μ² = Σ count/z² (Dong, Roth & Su 2022, Corollary 2). */
export const muOf = (noiseMultiplier: number, count = 1): number => Math.sqrt(count) / noiseMultiplier;

/** δ(ε) = Φ(−ε/μ + μ/2) − e^ε Φ(−ε/μ − μ/2) (Balle & Wang 2018, Theorem 8). */
export function deltaOf(mu: number, epsilon: number): number {
  if (mu === 0) return 0;
  const first = Math.exp(logNormalCdf(mu / 2 - epsilon / mu));
  return Math.max(0, first - Math.exp(epsilon + logNormalCdf(-mu / 2 - epsilon / mu)));
}

/** Smallest ε with δ(ε) ≤ δ; within 1e-12, rounded up. */
export function epsilonOfMu(mu: number, delta: number): number {
  if (mu === 0 || deltaOf(mu, 0) <= delta) return 0;
  if (!Number.isFinite(mu) || !(delta > 0)) return Infinity;
  let low = 0;
  let high = 1;
  while (deltaOf(mu, high) > delta) high *= 2;
  while (high - low > 1e-12 * high) {
    const middle = (low + high) / 2;
    if (middle <= low || middle >= high) break;
    if (deltaOf(mu, middle) > delta) low = middle;
    else high = middle;
  }
  return high;
}
