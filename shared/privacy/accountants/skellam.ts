/**
 * Skellam noise, the difference of two Poissons, as a cross-check of the discrete Gaussian: its shares add up exactly
 * (Agarwal, Kairouz & Liu 2021, arXiv 2110.04995). Nothing here draws it.
 */

/**
 * RDP of order α of a sum under Skellam noise, nats (ibid., Theorem 3.5):
 * αΔ₂²/2μ + min{ ((2α − 1)Δ₂² + 6Δ₁)/4μ², 3Δ₁/2μ }. Infinity without noise.
 * @param variance μ of the whole sum, grid steps squared @param sensitivity Δ₂ in grid steps
 */
export function skellamRdp(
  order: number,
  { sensitivity, variance, dimension }: { sensitivity: number; variance: number; dimension: number },
): number {
  if (!(variance > 0)) return Infinity;
  const square = sensitivity ** 2;
  // An integer vector's L1 norm is at most its squared L2 norm.
  const l1 = sensitivity * Math.min(Math.sqrt(dimension), sensitivity);
  return (
    (order * square) / (2 * variance) +
    Math.min(((2 * order - 1) * square + 6 * l1) / (4 * variance ** 2), (3 * l1) / (2 * variance))
  );
}
