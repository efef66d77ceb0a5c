/**
 * The tolerance that a scenario's penalty gets, chosen on held-back rows. A tighter one narrows the gap and costs quality,
 * so the one is taken that keeps both sides of the goal most surely: the greatest smaller margin, in standard errors.
 * Every scenario has the same steps, in parts of the gap it aims at, so that nobody lists values who has seen where they lead;
 * between two of them both margins are taken to go straight from one to the other.
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
  const marginsAt = ({ tolerance, quality, gap }: Look): Margins => ({
    tolerance,
    quality: (quality - goal.atLeast) / qualityError,
    gap: (goal.gapAtMost - gap) / gapError,
  });
  const margins = known.map(marginsAt);
  const all = margins.flatMap((own, i) => (i === 0 ? [own] : [...crossing(margins[i - 1]!, own), own]));
  const chosen = all.reduce((a, b) => (smaller(b) > smaller(a) ? b : a));
  // Two digits: it is not known any better.
  return { tolerance: Number(chosen.tolerance.toPrecision(2)), looked };
}

/** What is left of both sides of a goal, in standard errors. */
interface Margins {
  tolerance: number;
  quality: number;
  gap: number;
}

const smaller = ({ quality, gap }: Margins): number => Math.min(quality, gap);

/** Where between two tolerances both margins are the same, if they are. Steps are factors: the part is of a logarithm. */
function crossing(a: Margins, b: Margins): Margins[] {
  const [before, behind] = [a.quality - a.gap, b.quality - b.gap];
  if (before * behind >= 0) return [];
  const part = before / (before - behind);
  const margin = a.quality + part * (b.quality - a.quality);
  return [{ tolerance: a.tolerance * (b.tolerance / a.tolerance) ** part, quality: margin, gap: margin }];
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
