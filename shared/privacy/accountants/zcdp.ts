/** Zero-concentrated differential privacy (Bun & Steinke 2016): a Gaussian answer costs ρ = 1/(2z²), and ρ adds up. */

export const rhoOf = (noiseMultiplier: number, count = 1): number => count / (2 * noiseMultiplier ** 2);

/**
 * Smallest ε such that ρ-zCDP implies (ε, δ)-DP by Canonne, Kamath & Steinke 2020, Prop. 12 with RDP(α) = αρ:
 * ε = inf_{α>1} αρ + ln(1 − 1/α) − ln(δα)/(α − 1).
 */
export function epsilonOfRho(rho: number, delta: number): number {
  if (rho === 0) return 0;
  if (!Number.isFinite(rho) || !(delta > 0)) return Infinity;
  const at = (t: number) => {
    // α = 1 + e^t: the minimum is unique, so a golden-section search over t finds it.
    const alpha = 1 + Math.exp(t);
    return alpha * rho + Math.log1p(-1 / alpha) - Math.log(delta * alpha) / (alpha - 1);
  };
  const golden = (Math.sqrt(5) - 1) / 2;
  let low = -20;
  let high = 20;
  for (let i = 0; i < 100; i++) {
    const a = high - golden * (high - low);
    const b = low + golden * (high - low);
    if (at(a) < at(b)) high = b;
    else low = a;
  }
  return Math.max(0, at((low + high) / 2));
}
