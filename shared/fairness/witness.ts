/**
 * A penalty's first variation as a table the loss kernel can read. Let g be a functional of the score distributions of
 * two sides (a group, and the group it is held to). Moving one row of a side from logit z by dz changes g by w′(z)·dz,
 * with w the *witness* of g; so a row's gradient of μ·g is μ·N·w′ in a loss that is a mean over N rows, and the
 * coordinator, which alone sees the global histogram, can say it for every row without knowing any (design.md, idea 2;
 * derivations in docs/fairness.md). The gradient of a penalty F = ½g² is the one of g with μ = g.
 */
import { binCentre, scoreBins } from "./histogram.ts";
import { normalCdf } from "./intervals.ts";

/** A penalty: one file in witnesses/ each. */
export interface Penalty {
  /** What must hold at the same time: one functional of demographic parity, two of equalized odds */
  parts: readonly Part[];
  /**
   * A distance, never below 0. A distance of noisy histograms is above 0 even where there is none, so the controller
   * measures it by the witness of the past rounds on the present one, whose noise is another: that has no bias.
   */
  oneSided?: true;
  /** Holds each group by itself, not to another: `b` of the sides is not read */
  alone?: true;
}

export interface Part {
  /** Unique within the penalty; empty where it has one part only */
  name: string;
  /**
   * The violation g, signed: above 0 when side a is favoured; null when a side has no rows it could be told from.
   * @param t logit above which a row is selected
   * @param past where a distance takes its witness from; the same as `now` for its plain value
   */
  gap(now: Sides, t: number, past: Sides): number | null;
  /** w′ of the (smoothed) violation, for one row of each side */
  slopes(sides: Sides, t: number): { a: Table; b: Table };
}

/** Per label, at each bin's centre, per logit [2][bins] */
export type Table = readonly [Float64Array, Float64Array];

export interface Sides {
  a: Side;
  b: Side;
}

export interface Side {
  /** Rows by label and bin, never negative [2][bins] */
  counts: Table;
  /** With fewer rows a side counts as if it had this many, or one lost in noise would be pulled without end */
  floor: number;
}

/** A side smaller than this share of all rows is treated as if it had it. */
export const smallestShare = 0.01;

/** Labels whose rows a functional reads */
export type Labels = readonly (0 | 1)[];

export const centres = Float64Array.from({ length: scoreBins.count }, (_, bin) => binCentre(bin));
export const nothing = new Float64Array(scoreBins.count);

export const sigmoid = (z: number): number => 1 / (1 + Math.exp(-z));
/** dσ/dz at each bin's centre */
export const sigmoidSlopes = centres.map((z) => sigmoid(z) * (1 - sigmoid(z)));

/** Rows by bin, of some labels together. */
export const pooled = ({ counts }: Side, labels: Labels): Float64Array =>
  nothing.map((_, bin) => labels.reduce<number>((sum, label) => sum + counts[label][bin]!, 0));

/** The standard normal, which smooths what has no slope of its own. */
export const spread = {
  density: (x: number): number => Math.exp(-(x ** 2) / 2) / Math.sqrt(2 * Math.PI),
  below: normalCdf,
};

export const sumOf = (values: Float64Array): number => values.reduce((a, b) => a + b, 0);

/** 1 over the rows a side has, or is taken to have. */
export const perRow = (side: Side, labels: Labels): number => {
  const rows = Math.max(side.floor, sumOf(pooled(side, labels)));
  return rows > 0 ? 1 / rows : 0;
};

/** The same table for the labels a functional reads, zeros for the others. */
export const tableFor = (labels: Labels, slopes: Float64Array): Table => [
  labels.includes(0) ? slopes : nothing,
  labels.includes(1) ? slopes : nothing,
];

/** Σ v·c / Σ c, null without rows */
export function meanOf(counts: Float64Array, values: Float64Array): number | null {
  const rows = sumOf(counts);
  return rows > 0 ? counts.reduce((sum, count, bin) => sum + count * values[bin]!, 0) / rows : null;
}

/**
 * g = E[v | a] − E[v | b] over the rows of some labels. The violation may be measured by one v and pulled on by the
 * slope of another, smoother one.
 */
export function differenceOfMeans(
  name: string,
  labels: Labels,
  values: (t: number) => Float64Array,
  slope: (t: number) => Float64Array,
): Part {
  return {
    name,
    gap({ a, b }, t) {
      const [meanA, meanB] = [a, b].map((side) => meanOf(pooled(side, labels), values(t)));
      return meanA === null || meanB === null ? null : meanA! - meanB!;
    },
    slopes({ a, b }, t) {
      const scaled = (by: number) =>
        tableFor(
          labels,
          slope(t).map((s) => s * by),
        );
      return { a: scaled(perRow(a, labels)), b: scaled(-perRow(b, labels)) };
    },
  };
}
