/**
 * What the sum of the tabs' discrete Gaussian shares costs (Kairouz, Liu & Steinke 2021, Prop. 14). The sum is not quite
 * discrete Gaussian itself: τ bounds how far off it is. With shares of σ ≥ 4 grid steps τ·d < 1e-50, and the price is
 * that of one Gaussian of the whole variance, which is what everything else here reckons with.
 */

/**
 * Δ̂ of a vector that was clipped to `clip` grid steps and rounded at random until its norm allowed it (Kairouz, Liu &
 * Steinke 2021, Prop. 22), in grid steps.
 * @param beta bound on the chance that a rounding is refused, e^{−1/2} here; 0: whatever rounding does
 */
export function roundedSensitivity(clip: number, dimension: number, beta: number): number {
  const root = Math.sqrt(dimension);
  const always = (clip + root) ** 2;
  if (beta === 0) return Math.sqrt(always);
  return Math.sqrt(Math.min(always, clip ** 2 + dimension / 4 + Math.sqrt(2 * Math.log(1 / beta)) * (clip + root / 2)));
}

export interface SummedShares {
  /** Δ̂: L2 sensitivity in grid steps */
  sensitivity: number;
  /** σ: standard deviation of one share, grid steps */
  localDeviation: number;
  /** Shares that are there and not known to the attacker, ≥ 1 */
  shares: number;
  /** d: coordinates of the vector */
  dimension: number;
}

/** τ = 10·Σ_{k=1}^{n−1} exp(−2π²σ²·k/(k + 1)), the distance in max-divergence between the sum and N_Z(0, nσ²). */
export function sumDistance(localDeviation: number, shares: number): number {
  let tau = 0;
  for (let k = 1; k < shares; k++) tau += Math.exp(-2 * (Math.PI * localDeviation) ** 2 * (k / (k + 1)));
  return 10 * tau;
}

/** RDP of order α of one sum, nats: the least of Prop. 14's three bounds. Infinity without noise. */
export function distributedDiscreteGaussianRdp(
  order: number,
  { sensitivity, localDeviation, shares, dimension }: SummedShares,
): number {
  if (!(localDeviation > 0)) return Infinity;
  const tau = sumDistance(localDeviation, shares);
  const ratio = sensitivity / (localDeviation * Math.sqrt(shares));
  // An integer vector's L1 norm is at most its squared L2 norm.
  const ratio1 = ratio * Math.min(Math.sqrt(dimension), sensitivity);
  const half = order / 2;
  return Math.min(
    half * ratio ** 2 + tau * dimension,
    half * (ratio ** 2 + 2 * tau * ratio1 + tau ** 2 * dimension),
    half * (ratio + tau * Math.sqrt(dimension)) ** 2,
  );
}

/**
 * δ at ε of an integer statistic that one unit moves by `sensitivity` at most, under discrete Gaussian noise cut off at
 * ±`truncation`: Σ_k (P(k) − e^ε·P(k + s))₊, by the very sum. What only one of the two can show counts whole.
 * @param deviation σ in integers, > 0 @param truncation a whole number, or Infinity
 */
export function discreteGaussianDelta(
  epsilon: number,
  { deviation, sensitivity, truncation }: { deviation: number; sensitivity: number; truncation: number },
): number {
  const reach = Math.min(truncation, Math.ceil(40 * deviation));
  const weight = (k: number) => (Math.abs(k) > reach ? 0 : Math.exp(-(k * k) / (2 * deviation * deviation)));
  let total = 0;
  let excess = 0;
  for (let k = -reach; k <= reach; k++) {
    total += weight(k);
    excess += Math.max(0, weight(k) - Math.exp(epsilon) * weight(k + sensitivity));
  }
  return Math.min(1, excess / total);
}
