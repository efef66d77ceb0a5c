/**
 * The tolerance that a scenario's penalty gets, chosen on held-back rows: from loose to tight, the first that keeps the
 * aim, since a looser one leaves a more accurate model. Every scenario has the same steps, in parts of its aim, so that
 * nobody lists values who has seen where they lead. Not by halving: under noise a tighter one may have a wider gap.
 */
export interface Look {
  tolerance: number;
  accuracy: number;
  /** Of the rows that several runs held back, taken together */
  gap: number;
  /** Standard error of the gap */
  error: number;
}

/** Where the steps begin and end, in parts of the aim: a penalty may hold far more, or less, than its tolerance says. */
const loosest = 5 / 2;
const tightest = 1 / 4;
const step = 5 / 6;

/** One standard error on the safe side, as is customary in choosing by held-back rows (Breiman et al. 1984, §3.4.3). */
const keeps = ({ gap, error }: Look, aim: number): boolean => gap + error <= aim;

/** @returns all that was looked at, and the first that keeps the aim; where none does, the one with the narrowest gap */
export async function chooseTolerance(
  aim: number,
  look: (tolerance: number) => Promise<Look>,
): Promise<{ tolerance: number; looked: Look[] }> {
  const looked: Look[] = [];
  for (let part = loosest; part >= tightest; part *= step) {
    const seen = await look(Number((part * aim).toPrecision(3)));
    looked.push(seen);
    if (keeps(seen, aim)) return { tolerance: seen.tolerance, looked };
  }
  // Of a gap that nobody can know every comparison says no: then it is the last, which is the tightest.
  const narrowest = looked.reduceRight((a, b) => (b.gap < a.gap ? b : a));
  return { tolerance: narrowest.tolerance, looked };
}

/**
 * Standard error of a statistic of several samples taken together, by leaving one out at a time.
 * Source: Efron & Tibshirani 1993, An Introduction to the Bootstrap, equation 11.5.
 */
export function jackknife<T>(samples: readonly T[], statistic: (samples: readonly T[]) => number): number {
  const left = samples.map((_, i) => statistic(samples.filter((_, j) => j !== i)));
  const mean = left.reduce((sum, value) => sum + value, 0) / left.length;
  const squares = left.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return Math.sqrt(((left.length - 1) / left.length) * squares);
}
