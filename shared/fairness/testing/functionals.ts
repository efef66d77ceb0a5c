/**
 * What each penalty claims to vary, written by rows and not by bins, so that a table can be held to its numerical
 * derivative. A new penalty has its functional here, one for each of its parts, and is tested with all the others.
 */
import type { PenaltyName } from "../../task.ts";
import { bandwidth as aucBandwidth } from "../witnesses/auc-gap.ts";
import { rounding as calibrationRounding } from "../witnesses/calibration.ts";
import { bandwidth as mmdBandwidth } from "../witnesses/mmd.ts";
import { grid, bandwidth as wassersteinBandwidth, rounding as wassersteinRounding } from "../witnesses/wasserstein.ts";

/** A share of a side's mass at a logit; `bin` stays what it was when the mass is moved. */
export interface Mass {
  label: 0 | 1;
  logit: number;
  bin: number;
  mass: number;
}

/** Of the rows of both sides, and the logit above which a row is selected. */
export type Functional = (a: readonly Mass[], b: readonly Mass[], t: number) => number;

const sum = (rows: readonly Mass[], of: (row: Mass) => number = () => 1): number =>
  rows.reduce((total, row) => total + row.mass * of(row), 0);
const mean = (rows: readonly Mass[], of: (row: Mass) => number): number => sum(rows, of) / sum(rows);
const withLabel = (rows: readonly Mass[], label: 0 | 1): Mass[] => rows.filter((r) => r.label === label);
const sigmoid = (z: number) => 1 / (1 + Math.exp(-z));
const rounded = (x: number, by: number) => Math.hypot(x, by) - by;

const selected: Functional = (a, b, t) => {
  const above = (row: Mass) => sigmoid(4 * (row.logit - t));
  return mean(a, above) - mean(b, above);
};
const ofLabel =
  (label: 0 | 1, functional: Functional): Functional =>
  (a, b, t) =>
    functional(withLabel(a, label), withLabel(b, label), t);
const differenceOf =
  (of: (row: Mass) => number): Functional =>
  (a, b) =>
    mean(a, of) - mean(b, of);

/** Φ by its Taylor series about 0, and 0 or 1 where that is all double precision can tell: nothing of the code under test. */
export function cdf(x: number): number {
  if (Math.abs(x) > 6) return x > 0 ? 1 : 0;
  let [term, series] = [x, x];
  for (let n = 1; Math.abs(term) > 1e-17; n++) {
    term *= -(x * x) / (2 * n);
    series += term / (2 * n + 1);
  }
  return 0.5 + series / Math.sqrt(2 * Math.PI);
}
const smoothAuc = (rows: readonly Mass[]) => {
  const [negatives, positives] = [withLabel(rows, 0), withLabel(rows, 1)];
  const wins = sum(positives, (p) => sum(negatives, (n) => cdf((p.logit - n.logit) / aucBandwidth)));
  return wins / (sum(positives) * sum(negatives));
};

const mmd: Functional = (a, b) => {
  const kernel = (d: number) => Math.exp(-(d ** 2) / (2 * mmdBandwidth ** 2));
  const between = (x: readonly Mass[], y: readonly Mass[]) =>
    sum(x, (p) => sum(y, (q) => kernel(p.logit - q.logit))) / (sum(x) * sum(y));
  return Math.sqrt(Math.max(0, between(a, a) - 2 * between(a, b) + between(b, b)));
};

/** ∫ ρ(F_a − F_b) dσ, each row spread by a normal, ρ the rounded absolute value */
const wasserstein: Functional = (a, b) => {
  const [na, nb] = [sum(a), sum(b)];
  return grid.reduce((total, u) => {
    const below = (row: Mass) => cdf((u - row.logit) / wassersteinBandwidth);
    const slope = sigmoid(u) * (1 - sigmoid(u));
    return total + (rounded(sum(a, below) / na - sum(b, below) / nb, wassersteinRounding) * slope) / 8;
  }, 0);
};

const calibrationError: Functional = (a) => {
  const rows = sum(a);
  const residuals = new Map<number, number>();
  for (const { label, logit, bin, mass } of a)
    residuals.set(bin, (residuals.get(bin) ?? 0) + (mass * (label - sigmoid(logit))) / rows);
  return [...residuals.values()].reduce((total, r) => total + rounded(r, calibrationRounding), 0);
};

export const functionals: Record<Exclude<PenaltyName, "none">, Functional[]> = {
  "demographic-parity": [selected],
  "mean-score-parity": [differenceOf((row) => sigmoid(row.logit))],
  "equal-opportunity": [ofLabel(1, selected)],
  "equalized-odds": [ofLabel(0, selected), ofLabel(1, selected)],
  "log-ratio": [
    ofLabel(
      1,
      differenceOf((row) => Math.log(sigmoid(row.logit))),
    ),
  ],
  "auc-gap": [(a, b) => smoothAuc(a) - smoothAuc(b)],
  mmd: [mmd],
  wasserstein: [wasserstein],
  calibration: [calibrationError],
};
