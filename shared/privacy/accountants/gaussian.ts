/**
 * The Gaussian mechanism exactly (Balle & Wang 2018), and what it means as an attacker's power (Dong, Roth & Su 2022).
 * μ is the L2 sensitivity over the noise's standard deviation; μ² adds up.
 */

/** Beyond it the continued fraction's 200 levels are exact to the last bits, and the series would cancel. */
const tail = 1.5;

/**
 * ln Φ(x), to about 1e-14 relative: series near zero, continued fraction of Mills' ratio in the tails
 * (Abramowitz & Stegun 26.2.11 and 26.2.14).
 */
export function logNormalCdf(x: number): number {
  if (x > tail) return Math.log1p(-Math.exp(logUpperTail(x)));
  if (x < -tail) return logUpperTail(-x);
  let term = x;
  let sum = x;
  for (let n = 1; Math.abs(term) > 1e-17 * Math.abs(sum); n++) {
    term *= (x * x) / (2 * n + 1);
    sum += term;
  }
  return Math.log(0.5 + (sum * Math.exp((-x * x) / 2)) / Math.sqrt(2 * Math.PI));
}

/** ln(1 − Φ(x)) for x > `tail`. */
function logUpperTail(x: number): number {
  let fraction = 0;
  for (let n = 200; n >= 1; n--) fraction = n / (x + fraction);
  return (-x * x) / 2 - 0.5 * Math.log(2 * Math.PI) - Math.log(x + fraction);
}

/** μ of `count` Gaussian answers: μ² = count/z² (Dong, Roth & Su 2022, §3). Different ones: √(Σ μ²). */
export const muOf = (noiseMultiplier: number, count = 1): number =>
  count === 0 ? 0 : Math.sqrt(count) / Math.abs(noiseMultiplier);

/** δ(ε) = Φ(−ε/μ + μ/2) − e^ε Φ(−ε/μ − μ/2), for ε ≥ 0 (Balle & Wang 2018, Theorem 8). 1 where μ is not finite. */
export function deltaOf(mu: number, epsilon: number): number {
  if (mu === 0) return 0;
  if (!(mu < Infinity)) return 1;
  if (epsilon === Infinity) return 0;
  const first = Math.exp(logNormalCdf(mu / 2 - epsilon / mu));
  return Math.max(0, first - Math.exp(epsilon + logNormalCdf(-mu / 2 - epsilon / mu)));
}

/** Smallest ε with δ(ε) ≤ δ, to 1e-12 relative, rounded up; Infinity where μ is not finite or δ is not above 0. */
export function epsilonOfMu(mu: number, delta: number): number {
  if (mu === 0) return 0;
  if (!(mu < Infinity && delta > 0)) return Infinity;
  if (deltaOf(mu, 0) <= delta) return 0;
  let low = 0;
  let high = 1;
  while (deltaOf(mu, high) > delta) high *= 2;
  while (high - low > 1e-12 * high) {
    const middle = (low + high) / 2;
    if (deltaOf(mu, middle) > delta) low = middle;
    else high = middle;
  }
  return high;
}

/** Largest μ whose ε at δ is at most the one given, to 1e-9 relative, rounded down: the inverse of `epsilonOfMu`. */
export function muWithin(epsilon: number, delta: number): number {
  let [low, high] = [0, 1];
  while (deltaOf(high, epsilon) <= delta) {
    low = high;
    high *= 2;
    if (high > 1e9) return Infinity;
  }
  while (high - low > 1e-9 * high) {
    const middle = (low + high) / 2;
    if (deltaOf(middle, epsilon) <= delta) low = middle;
    else high = middle;
  }
  return low;
}

/** Φ⁻¹(0.01) */
const onePercentile = -2.3263478740408408;

/**
 * The best an attacker can do who may be wrong about 1 % of those who did not take part: the share of those who did
 * that it finds out, Φ(Φ⁻¹(0.01) + μ), in [0.01, 1] (Dong, Roth & Su 2022, §2).
 */
export const truePositiveRateAtOnePercent = (mu: number): number => Math.exp(logNormalCdf(onePercentile + mu));
