/**
 * After training, from the evaluation's histogram alone: a threshold a group for a chosen criterion (Hardt, Price &
 * Srebro 2016, §4), and a calibration of the scores. Nothing else of anybody's rows is needed or known.
 *
 * Hardt et al. draw lots between two thresholds where one cannot meet the criterion exactly. A decision that hangs on a
 * lot cannot be explained to whom it concerns, so there is one threshold a group here, and what is left of the gap is
 * returned with it.
 */
import { InputError } from "../errors.ts";
import { binWidth, scoreBins } from "./histogram.ts";
import { countsOf, type Histogram } from "./histogram-metrics.ts";
import { centres, sigmoid, sumOf, type Table } from "./witness.ts";

export type Criterion = "demographic-parity" | "equal-opportunity" | "equalized-odds";

/** Laws under which a model is used; ECOA: Regulation B, 12 CFR 1002, on credit in the United States. */
export type Regime = "ecoa";

export interface GroupThresholds {
  /** Logit above which a row of each cell is selected */
  thresholds: number[];
  /** What the histogram says of them: share of rows on their label's side, and the widest gap of the criterion */
  accuracy: number;
  gap: number;
}

/** Candidate levels of a rate; finer says nothing that bins of the score could tell. */
const levels = Array.from({ length: 99 }, (_, i) => (i + 1) / 100);

/**
 * @param cells one a group
 * @throws InputError under a regime that forbids them, or when a group has no rows or positives to set a threshold by
 */
export function groupThresholds(
  h: Histogram,
  cells: readonly number[],
  criterion: Criterion,
  { regimes }: { regimes: readonly Regime[] },
): GroupThresholds {
  if (regimes.includes("ecoa")) {
    throw new InputError(
      "thresholds",
      "differ by group, which uses the group in each decision: disparate treatment under ECOA (12 CFR 1002.4)",
      "Use one threshold for all, and a penalty in training.",
    );
  }
  const groups = cells.map((cell): Table => [countsOf(h, [cell], 0), countsOf(h, [cell], 1)]);
  groups.forEach(([negatives, positives], i) => {
    if (sumOf(positives) > 0 && sumOf(negatives) > 0) return;
    throw new InputError(
      "thresholds",
      `cannot be set for cell ${cells[i]}: too few rows`,
      "Merge it with another group.",
    );
  });
  const candidates = levels.map((level) => candidateAt(groups, criterion, level));
  return candidates.reduce((a, b) => (isBetter(b, a, criterion) ? b : a));
}

/** With one threshold a group, selection rates and true positive rates can be made equal, and accuracy decides. */
function isBetter(a: GroupThresholds, b: GroupThresholds, criterion: Criterion): boolean {
  // Both rates at once cannot: a point of gap is worth two of accuracy, as the worse group pays for it with both.
  const worth = ({ accuracy, gap }: GroupThresholds) => accuracy - (criterion === "equalized-odds" ? 2 * gap : 0);
  return worth(a) > worth(b);
}

function candidateAt(groups: readonly Table[], criterion: Criterion, level: number): GroupThresholds {
  const thresholds = groups.map(([negatives, positives]) =>
    logitAbove(criterion === "demographic-parity" ? negatives.map((n, b) => n + positives[b]!) : positives, level),
  );
  if (criterion === "equalized-odds") {
    // The rates of all rows at this level's true positive rate; each group comes as near to both as it can.
    const all = [0, 1].map((label) =>
      groups.reduce(
        (sum, counts) => sum.map((x, b) => x + counts[label as 0 | 1][b]!),
        new Float64Array(scoreBins.count),
      ),
    ) as unknown as Table;
    const aim = ratesAt(all, logitAbove(all[1], level));
    groups.forEach((counts, i) => {
      const distance = (t: number) => {
        const { truePositive, falsePositive } = ratesAt(counts, t);
        return Math.max(Math.abs(truePositive - aim.truePositive), Math.abs(falsePositive - aim.falsePositive));
      };
      thresholds[i] = levels.map((l) => logitAbove(counts[1], l)).reduce((a, b) => (distance(b) < distance(a) ? b : a));
    });
  }
  const rates = groups.map((counts, i) => ratesAt(counts, thresholds[i]!));
  const spread = (values: number[]) => Math.max(...values) - Math.min(...values);
  const rows = rates.reduce((sum, r) => sum + r.rows, 0);
  const gaps = {
    "demographic-parity": spread(rates.map((r) => r.selection)),
    "equal-opportunity": spread(rates.map((r) => r.truePositive)),
    "equalized-odds": Math.max(spread(rates.map((r) => r.truePositive)), spread(rates.map((r) => r.falsePositive))),
  };
  return { thresholds, accuracy: rates.reduce((sum, r) => sum + r.right, 0) / rows, gap: gaps[criterion] };
}

/** Rows of a bin are taken as evenly spread. */
const above = (counts: Float64Array, t: number) =>
  counts.reduce(
    (sum, count, bin) => sum + count * Math.min(1, Math.max(0, (centres[bin]! + binWidth / 2 - t) / binWidth)),
    0,
  );

function ratesAt([negatives, positives]: Table, t: number) {
  const [n, p] = [sumOf(negatives), sumOf(positives)];
  const [wrong, right] = [above(negatives, t), above(positives, t)];
  return {
    rows: n + p,
    right: right + n - wrong,
    selection: (wrong + right) / (n + p),
    truePositive: right / p,
    falsePositive: wrong / n,
  };
}

/** The logit above which `share` of the counts lie. */
function logitAbove(counts: Float64Array, share: number): number {
  let wanted = share * sumOf(counts);
  for (let bin = scoreBins.count - 1; bin >= 0; bin--) {
    const here = counts[bin]!;
    if (here > 0 && here >= wanted) return centres[bin]! + binWidth / 2 - (wanted / here) * binWidth;
    wanted -= here;
  }
  return scoreBins.low;
}

/** z ↦ scale·z + shift */
export interface Calibration {
  scale: number;
  shift: number;
}

/**
 * Platt's scaling (1999) of all rows together: the logistic regression of the label on the logit, by Newton's method on
 * the bins' centres. It keeps the order of rows, hence the AUC, and treats no group unlike another.
 * @throws InputError when a label has no rows
 */
export function calibrate(h: Histogram, cells: readonly number[]): Calibration {
  const [negatives, positives] = [countsOf(h, cells, 0), countsOf(h, cells, 1)];
  if (!(sumOf(negatives) > 0 && sumOf(positives) > 0))
    throw new InputError("calibration", "needs rows of both labels", "Evaluate on more rows.");
  let [scale, shift] = [1, 0];
  for (let step = 0; step < 50; step++) {
    // Gradient and Hessian of Σ cross-entropy in (scale, shift).
    let [gs, gb, hss, hsb, hbb] = [0, 0, 1e-9, 0, 1e-9];
    centres.forEach((z, bin) => {
      const rows = negatives[bin]! + positives[bin]!;
      const p = sigmoid(scale * z + shift);
      const error = rows * p - positives[bin]!;
      const weight = rows * p * (1 - p);
      gs += error * z;
      gb += error;
      hss += weight * z * z;
      hsb += weight * z;
      hbb += weight;
    });
    const determinant = hss * hbb - hsb * hsb;
    const [ds, db] = [(hbb * gs - hsb * gb) / determinant, (hss * gb - hsb * gs) / determinant];
    // A step is kept short: far from its end Newton's method may overshoot.
    const length = Math.max(1, Math.abs(ds), Math.abs(db));
    scale -= ds / length;
    shift -= db / length;
    if (Math.abs(ds) + Math.abs(db) < 1e-10) break;
  }
  return { scale, shift };
}
