/**
 * Zero-concentrated differential privacy (Bun & Steinke 2016): a Gaussian answer costs ρ = 1/(2z²), and ρ adds up,
 * also when later answers depend on earlier ones (Lemma 2.3). z is the noise's standard deviation over the L2
 * sensitivity; neighbours differ by one unit added or removed.
 */

/** ρ of `count` Gaussian answers; Infinity without noise (Bun & Steinke 2016, Proposition 1.6). */
export const rhoOf = (noiseMultiplier: number, count = 1): number =>
  count === 0 ? 0 : count / (2 * noiseMultiplier ** 2);

/**
 * Smallest ε for which ρ-zCDP implies (ε, δ)-DP by Canonne, Kamath & Steinke 2020, Prop. 12 with RDP(α) = αρ:
 * ε = inf_{α>1} αρ + ln(1 − 1/α) − ln(δα)/(α − 1).
 *
 * Its derivative has one zero, where ρ(α − 1)² = ln(1/(δα)): the left side grows with α, the right side falls. Every α
 * gives a valid ε, so an inexact root errs on the safe side.
 *
 * @returns at least 0; Infinity where ρ is infinite or δ is not above 0
 */
export function epsilonOfRho(rho: number, delta: number): number {
  if (rho === 0) return 0;
  if (!(rho > 0 && rho < Infinity && delta > 0)) return Infinity;
  const logInverse = -Math.log(delta);
  // s = α − 1 keeps its digits where α is near 1.
  let low = 0;
  let high = Math.min(Math.expm1(logInverse), Math.sqrt(logInverse / rho));
  if (!(high > 0)) return 0;
  for (let i = 0; i < 60; i++) {
    const s = (low + high) / 2;
    if (rho * s * s < logInverse - Math.log1p(s)) low = s;
    else high = s;
  }
  const logAlpha = Math.log1p(high);
  return Math.max(0, (1 + high) * rho + Math.log(high) - logAlpha + (logInverse - logAlpha) / high);
}

/** Largest ρ that implies (ε, δ)-DP, to 1e-12, rounded down: the inverse of `epsilonOfRho`. */
export function rhoWithin(epsilon: number, delta: number): number {
  if (!(epsilon >= 0 && delta > 0)) return 0;
  if (epsilon === Infinity || delta >= 1) return Infinity;
  let low = 0;
  let high = 1;
  while (epsilonOfRho(high, delta) <= epsilon) high *= 2;
  while (high - low > 1e-12 * high) {
    const middle = (low + high) / 2;
    if (epsilonOfRho(middle, delta) <= epsilon) low = middle;
    else high = middle;
    if (high < Number.MIN_VALUE * 2 ** 60) break;
  }
  return low;
}
