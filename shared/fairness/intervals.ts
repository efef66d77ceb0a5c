/**
 * 95 % intervals that hold sampling and privacy noise together: how far the noisy figure may be from what endless rows
 * of the same kind would show.
 */
import { invariant } from "../errors.ts";

/** A figure with its 95 % interval */
export interface Estimate {
  value: number;
  low: number;
  high: number;
}

/** A figure whose interval can be asked for at any critical value `z` of the standard normal. */
export interface Figure {
  value: number;
  interval: (z: number) => readonly [low: number, high: number];
}

/** Φ⁻¹(0.975) */
const twoSided = 1.959963984540054;

export function estimateOf(figure: Figure | null): Estimate | null {
  if (figure === null) return null;
  const [low, high] = figure.interval(twoSided);
  return { value: figure.value, low, high };
}

const clamp = (x: number) => Math.min(1, Math.max(0, x));

/**
 * A rate r̂ of n rows with noise of variance ν: all r with (r̂ − r)² ≤ z²·(r(1 − r)/n + ν). Without noise it is Wilson's
 * (1927) score interval.
 */
export function rateFigure(rate: number, n: number, noise: number): Figure {
  return {
    value: clamp(rate),
    interval(z) {
      const perRow = z ** 2 / n;
      const half = (2 * rate + perRow) / 2;
      const root = Math.sqrt(Math.max(0, half ** 2 - (1 + perRow) * (rate ** 2 - z ** 2 * noise)));
      return [clamp(Math.min(rate, (half - root) / (1 + perRow))), clamp(Math.max(rate, (half + root) / (1 + perRow)))];
    },
  };
}

/** value ± z·deviation, kept in a range */
export function normalFigure(value: number, variance: number, [least, most]: readonly [number, number]): Figure {
  const within = (x: number) => Math.min(most, Math.max(least, x));
  const deviation = Math.sqrt(variance);
  return { value: within(value), interval: (z) => [within(value - z * deviation), within(value + z * deviation)] };
}

/** a − b of independent figures: the square-and-add rule (Newcombe 1998, method 10; Zou & Donner 2008). */
export function differenceFigure(a: Figure, b: Figure): Figure {
  const value = a.value - b.value;
  return {
    value,
    interval(z) {
      const [[lowA, highA], [lowB, highB]] = [a.interval(z), b.interval(z)];
      return [value - Math.hypot(a.value - lowA, highB - b.value), value + Math.hypot(highA - a.value, b.value - lowB)];
    },
  };
}

/** In place of 0, whose logarithm has no differences */
const leastRate = 1e-12;

/** Natural logarithm of a figure ≥ 0. */
export const logFigure = ({ value, interval }: Figure): Figure => ({
  value: Math.log(Math.max(leastRate, value)),
  interval(z) {
    const [low, high] = interval(z);
    return [Math.log(Math.max(leastRate, low)), Math.log(Math.max(leastRate, high))];
  },
});

/** 1 − x of a rate */
export const complement = ({ value, interval }: Figure): Figure => ({
  value: 1 - value,
  interval(z) {
    const [low, high] = interval(z);
    return [1 - high, 1 - low];
  },
});

/**
 * The largest of several figures. The largest of noisy figures is on average too large, and by how much depends on how
 * many could be the true one: those within about two standard deviations of it count (moment selection, Andrews & Soares
 * 2010). The lower end must hold for all of them at once (Šidák 1967), the upper one for the true one, whichever it is.
 */
export function largestOf(figures: readonly Figure[]): Estimate | null {
  if (figures.length === 0) return null;
  const value = Math.max(...figures.map((f) => f.value));
  const reach = (f: Figure) => f.interval(twoSided)[1] - f.value;
  const best = figures.find((f) => f.value === value);
  invariant(best, "one of the figures is the largest");
  const contenders = figures.filter((f) => f.value >= value - (reach(f) + reach(best)) / 2);
  // Where several are level, the upper end cannot be missed, and the lower one may have the whole 5 %.
  const error = contenders.length > 1 ? 0.05 : 0.025;
  const critical = normalQuantile((1 - error) ** (1 / contenders.length));
  return {
    value,
    low: Math.max(...contenders.map((f) => f.interval(critical)[0])),
    high: Math.max(...contenders.map((f) => f.interval(twoSided)[1])),
  };
}

const negated = ({ value, interval }: Figure): Figure => ({
  value: -value,
  interval(z) {
    const [low, high] = interval(z);
    return [-high, -low];
  },
});

export function smallestOf(figures: readonly Figure[]): Estimate | null {
  const largest = largestOf(figures.map(negated));
  return largest && { value: -largest.value, low: -largest.high, high: -largest.low };
}

/** All differences of two of the figures, each way: the largest of them is max − min. */
export const pairwise = (figures: readonly Figure[]): Figure[] =>
  figures.flatMap((a, i) => figures.filter((_, j) => j !== i).map((b) => differenceFigure(a, b)));

/** Φ⁻¹(p) by bisection on Φ, for p in [0.5, 1) */
export function normalQuantile(p: number): number {
  let [low, high] = [0, 10];
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (normalCdf(middle) < p) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** Φ(x), off by less than 1.5e-7 (Abramowitz & Stegun 1964, 7.1.26) */
export function normalCdf(x: number): number {
  const t = 1 / (1 + (0.3275911 * Math.abs(x)) / Math.SQRT2);
  const poly = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  const tail = (poly * Math.exp(-(x ** 2) / 2)) / 2;
  return x >= 0 ? 1 - tail : tail;
}
