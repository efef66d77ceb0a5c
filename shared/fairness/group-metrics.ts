/**
 * What a binary classifier does to one set of rows. Names as in Fairlearn and scikit-learn. What has no rows behind it
 * (the true positive rate of a group without positives) is null: a 0 would look like a measurement.
 */

export interface GroupMetrics {
  /** Rows, not weighted */
  count: number;
  /** P(ŷ = 1) */
  selectionRate: number | null;
  /** P(ŷ = 1 | y = 1) */
  truePositiveRate: number | null;
  /** P(ŷ = 1 | y = 0) */
  falsePositiveRate: number | null;
  /** P(ŷ = 0 | y = 0) */
  trueNegativeRate: number | null;
  /** P(ŷ = 0 | y = 1) */
  falseNegativeRate: number | null;
  accuracy: number | null;
  /** P(y = 1 | ŷ = 1) */
  precision: number | null;
  /** Area under the ROC curve, null also without scores */
  auc: number | null;
}

export interface Row {
  label: 0 | 1;
  predicted: 0 | 1;
  score: number | undefined;
  /** ≥ 0 */
  weight: number;
}

const ratio = (part: number, whole: number): number | null => (whole > 0 ? part / whole : null);

export function groupMetrics(rows: readonly Row[]): GroupMetrics {
  let [tp, fp, tn, fn] = [0, 0, 0, 0];
  for (const { label, predicted, weight } of rows) {
    if (label === 1) {
      if (predicted === 1) tp += weight;
      else fn += weight;
    } else if (predicted === 1) fp += weight;
    else tn += weight;
  }
  return {
    count: rows.length,
    selectionRate: ratio(tp + fp, tp + fp + tn + fn),
    truePositiveRate: ratio(tp, tp + fn),
    falsePositiveRate: ratio(fp, fp + tn),
    trueNegativeRate: ratio(tn, fp + tn),
    falseNegativeRate: ratio(fn, tp + fn),
    accuracy: ratio(tp + tn, tp + fp + tn + fn),
    precision: ratio(tp, tp + fp),
    auc: weightedAuc(rows),
  };
}

/**
 * P(score of a positive > score of a negative) + ½·P(equal): the Mann-Whitney form of the AUC (Hanley & McNeil 1982),
 * exact, with weights, O(n log n).
 */
function weightedAuc(rows: readonly Row[]): number | null {
  const scored = rows.filter((row) => row.score !== undefined).sort((a, b) => a.score! - b.score!);
  let [below, positives, wins] = [0, 0, 0];
  for (let i = 0; i < scored.length; ) {
    const { score } = scored[i]!;
    let [tiedPositives, tiedNegatives] = [0, 0];
    for (; i < scored.length && scored[i]!.score === score; i++) {
      if (scored[i]!.label === 1) tiedPositives += scored[i]!.weight;
      else tiedNegatives += scored[i]!.weight;
    }
    wins += tiedPositives * (below + tiedNegatives / 2);
    below += tiedNegatives;
    positives += tiedPositives;
  }
  return ratio(wins, positives * below);
}
