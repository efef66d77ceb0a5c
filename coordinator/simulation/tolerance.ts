/**
 * The tolerance that a scenario's penalty gets, chosen on held-back rows. A tighter one narrows the gap and costs quality,
 * so the one is taken that keeps both sides of the goal most surely: the greatest smaller margin, in standard errors.
 * Every scenario has the same steps, in parts of the gap it aims at, so that nobody lists values who has seen where they lead.
 */

/** A quality (accuracy, AUC, the worst group's accuracy) to be kept at a gap: both from 0 to 1. */
export interface Goal {
  atLeast: number;
  gapAtMost: number;
}

/** Of the rows that several runs held back, taken together, each with its standard error. */
export interface Look {
  tolerance: number;
  quality: number;
  qualityError: number;
  gap: number;
  gapError: number;
}

/** Where the steps begin and end, in parts of the gap: a penalty may hold far more, or less, than its tolerance says. */
const loosest = 4;
const tightest = 1 / 4;
const step = 3 / 4;

/**
 * @returns all that was looked at, and the tolerance that keeps the goal most surely
 * @throws where held-back rows tell no gap: a group may have too few of them
 */
export async function chooseTolerance(
  goal: Goal,
  look: (tolerance: number) => Promise<Look>,
): Promise<{ tolerance: number; looked: Look[] }> {
  const looked: Look[] = [];
  for (let part = loosest; part >= tightest; part *= step) {
    looked.push(await look(Number((part * goal.gapAtMost).toPrecision(3))));
  }
  const known = looked.filter((seen) => !Number.isNaN(seen.gap));
  if (known.length === 0) throw new Error("held-back rows tell no gap at any tolerance: a group has too few of them");
  // An error that few runs tell is itself uncertain; all tolerances share one, so that none wins by a small error.
  const qualityError = rootMeanSquare(known.map((seen) => seen.qualityError));
  const gapError = rootMeanSquare(known.map((seen) => seen.gapError));
  const margin = ({ quality, gap }: Look): number =>
    Math.min((quality - goal.atLeast) / qualityError, (goal.gapAtMost - gap) / gapError);
  const chosen = known.reduce((a, b) => (margin(b) > margin(a) ? b : a));
  return { tolerance: chosen.tolerance, looked };
}

const rootMeanSquare = (values: readonly number[]): number =>
  Math.sqrt(values.reduce((sum, value) => sum + value ** 2, 0) / values.length);

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
