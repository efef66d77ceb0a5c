/** Reweighing (Kamiran & Calders 2012, §4.3): weights under which label and group are independent. */

/** Shares are not taken below this: a rare cell's weight would otherwise be noise. */
const smallestShare = 0.01;

/**
 * w(a, y) = π_a·π_y / π_ay for the cells of one attribute.
 * @param counts rows by cell of the attribute and label, [cells][2], never negative
 * @returns [cells][2]; 1 everywhere when there are no rows
 */
export function kamiranCalders(counts: readonly (readonly [number, number])[]): [number, number][] {
  const total = counts.reduce((sum, [n, p]) => sum + n + p, 0);
  if (total === 0) return counts.map(() => [1, 1]);
  const byLabel = [0, 1].map((y) => counts.reduce((sum, cell) => sum + cell[y]!, 0) / total);
  return counts.map((cell) => {
    const group = (cell[0] + cell[1]) / total;
    const weight = (y: 0 | 1) => (group * byLabel[y]!) / Math.max(smallestShare, cell[y] / total);
    return [weight(0), weight(1)];
  });
}
