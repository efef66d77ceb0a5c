/**
 * AIF360's signed metrics (aif360.sklearn.metrics): everyone else minus the privileged group, so the sign says who is
 * favoured. They are not Fairlearn's: a ratio may exceed 1, and in `averageOddsDifference` two errors can cancel.
 */
import { type GroupMetrics, groupMetrics } from "./group-metrics.ts";
import { type Predictions, rowsOf } from "./predictions.ts";

export interface SignedMetrics {
  statisticalParityDifference: number | null;
  /** Selection rates, others over privileged */
  disparateImpactRatio: number | null;
  /** Of true positive rates */
  equalOpportunityDifference: number | null;
  /** Mean of the signed differences of true and false positive rates */
  averageOddsDifference: number | null;
  /** Mean of their absolutes */
  averageOddsError: number | null;
  /** Mean of the signed differences of P(y = 1 | ŷ = 1) and P(y = 1 | ŷ = 0) */
  averagePredictiveValueDifference: number | null;
}

/** @throws InputError see `rowsOf` */
export function signedMetrics(predictions: Predictions, privileged: string): SignedMetrics {
  const rows = rowsOf(predictions);
  const side = (isPrivileged: boolean) => {
    const own = rows.filter((_, i) => {
      const group = predictions.groups[i] ?? null;
      return group !== null && (group === privileged) === isPrivileged;
    });
    const refused = own.filter((row) => row.predicted === 0);
    return {
      ...groupMetrics(own),
      falseOmissionRate: groupMetrics(refused.map((r) => ({ ...r, predicted: 1 }))).precision,
    };
  };
  const [others, favoured] = [side(false), side(true)];
  const minus = (rate: Exclude<keyof GroupMetrics, "count"> | "falseOmissionRate"): number | null =>
    others[rate] === null || favoured[rate] === null ? null : others[rate] - favoured[rate];
  const mean = (a: number | null, b: number | null) => (a === null || b === null ? null : (a + b) / 2);
  const absolute = (a: number | null) => (a === null ? null : Math.abs(a));
  const [tpr, fpr] = [minus("truePositiveRate"), minus("falsePositiveRate")];
  return {
    statisticalParityDifference: minus("selectionRate"),
    disparateImpactRatio:
      others.selectionRate === null || !favoured.selectionRate ? null : others.selectionRate / favoured.selectionRate,
    equalOpportunityDifference: tpr,
    averageOddsDifference: mean(tpr, fpr),
    averageOddsError: mean(absolute(tpr), absolute(fpr)),
    averagePredictiveValueDifference: mean(minus("precision"), minus("falseOmissionRate")),
  };
}

/** (W_others − W_privileged)/(W_others + W_privileged), by weight; null without rows. */
export function classImbalance(
  groups: readonly string[],
  privileged: string,
  weights?: readonly number[],
): number | null {
  let [others, favoured] = [0, 0];
  groups.forEach((group, i) => {
    if (group === privileged) favoured += weights?.[i] ?? 1;
    else others += weights?.[i] ?? 1;
  });
  return others + favoured > 0 ? (others - favoured) / (others + favoured) : null;
}
