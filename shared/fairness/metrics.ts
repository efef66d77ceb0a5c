/**
 * Group fairness of predictions, in Fairlearn's names and conventions (fairlearn.metrics): differences and ratios are
 * between the worst-off and the best-off group, unless compared `to_overall`.
 *
 * One departure: where Fairlearn answers 0 for a rate that nobody can know (no positives in a group), it is null here,
 * and the group is left out of the gap and named in `excluded`. A gap with fewer than two groups left is null.
 */
import { type GroupMetrics, groupMetrics, type Row } from "./group-metrics.ts";
import { type Predictions, rowsOf } from "./predictions.ts";
import { fourFifths } from "./report.ts";

export type Method = "between_groups" | "to_overall";
type Rate = Exclude<keyof GroupMetrics, "count">;

export interface FairnessMetrics {
  overall: GroupMetrics;
  byGroup: Record<string, GroupMetrics>;
  /** Of selection rates */
  demographicParityDifference: number | null;
  demographicParityRatio: number | null;
  /** Of true positive and false positive rates: the worse of both, or their mean */
  equalizedOddsDifference: number | null;
  equalizedOddsRatio: number | null;
  /** Of true positive rates */
  equalOpportunityDifference: number | null;
  equalOpportunityRatio: number | null;
  accuracyDifference: number | null;
  aucGap: number | null;
  worstGroupAccuracy: number | null;
  worstGroupAuc: number | null;
  /** Mean of the two gaps of rates (Fairlearn's agg="mean"); with two groups AIF360's average odds error */
  meanOddsDifference: number | null;
  /** The same gaps to the rates of all rows together instead of between groups (Fairlearn's method="to_overall") */
  toOverall: Record<(typeof overallNames)[number], number | null>;
  /** Groups that a gap could not count, by rate: {truePositiveRate: ["c"]} means that c has no positives */
  excluded: Partial<Record<Rate, string[]>>;
  /** Rows that disclose no group */
  undisclosed: number;
  /** Whether the ratio of selection rates is below four fifths: the flag of US employment practice (29 CFR 1607.4(D)) */
  fourFifths: "below" | "not below" | null;
}

const overallNames = [
  "demographicParityDifference",
  "demographicParityRatio",
  "equalizedOddsDifference",
  "equalizedOddsRatio",
] as const;

const flagOf = (ratio: number | null) => (ratio === null ? null : ratio < fourFifths ? "below" : "not below");

/** max − min of the known values, or the largest |value − overall|; null with fewer than two known values. */
export function difference(
  values: readonly (number | null)[],
  overall: number | null,
  method: Method = "between_groups",
): number | null {
  const known = values.filter((value) => value !== null);
  if (known.length < 2) return null;
  if (method === "between_groups") return Math.max(...known) - Math.min(...known);
  return overall === null ? null : Math.max(...known.map((value) => Math.abs(value - overall)));
}

/** min/max of the known values, or the smallest of value/overall and overall/value; null for 0/0. Never above 1. */
export function ratio(
  values: readonly (number | null)[],
  overall: number | null,
  method: Method = "between_groups",
): number | null {
  const known = values.filter((value) => value !== null);
  if (known.length < 2) return null;
  const quotient = (a: number, b: number) => (Math.max(a, b) > 0 ? Math.min(a, b) / Math.max(a, b) : null);
  if (method === "between_groups") return quotient(Math.min(...known), Math.max(...known));
  if (overall === null) return null;
  const quotients = known.map((value) => quotient(value, overall)).filter((q) => q !== null);
  return quotients.length > 0 ? Math.min(...quotients) : null;
}

/** @throws InputError see `rowsOf` */
export function fairnessMetrics(predictions: Predictions): FairnessMetrics {
  const rows = rowsOf(predictions);
  const members = new Map<string, Row[]>();
  rows.forEach((row, i) => {
    const group = predictions.groups[i];
    if (group === null || group === undefined) return;
    const known = members.get(group);
    if (known) known.push(row);
    else members.set(group, [row]);
  });
  const overall = groupMetrics(rows);
  const groups = [...members].map(([name, own]) => [name, groupMetrics(own)] as const).sort(byName);
  const valuesOf = (rate: Rate) => groups.map(([, metrics]) => metrics[rate]);
  const gap = (rate: Rate, method?: Method) => difference(valuesOf(rate), overall[rate], method);
  const quotient = (rate: Rate, method?: Method) => ratio(valuesOf(rate), overall[rate], method);
  const worse = (a: number | null, b: number | null, worst: (a: number, b: number) => number) =>
    a === null || b === null ? null : worst(a, b);
  const mean = (a: number | null, b: number | null) => worse(a, b, (x, y) => (x + y) / 2);
  const lowest = (rate: Rate) => {
    const known = valuesOf(rate).filter((value) => value !== null);
    return known.length > 0 ? Math.min(...known) : null;
  };
  return {
    overall,
    byGroup: Object.fromEntries(groups),
    demographicParityDifference: gap("selectionRate"),
    demographicParityRatio: quotient("selectionRate"),
    equalizedOddsDifference: worse(gap("truePositiveRate"), gap("falsePositiveRate"), Math.max),
    equalizedOddsRatio: worse(quotient("truePositiveRate"), quotient("falsePositiveRate"), Math.min),
    equalOpportunityDifference: gap("truePositiveRate"),
    equalOpportunityRatio: quotient("truePositiveRate"),
    accuracyDifference: gap("accuracy"),
    aucGap: gap("auc"),
    worstGroupAccuracy: lowest("accuracy"),
    worstGroupAuc: lowest("auc"),
    meanOddsDifference: mean(gap("truePositiveRate"), gap("falsePositiveRate")),
    toOverall: {
      demographicParityDifference: gap("selectionRate", "to_overall"),
      demographicParityRatio: quotient("selectionRate", "to_overall"),
      equalizedOddsDifference: worse(
        gap("truePositiveRate", "to_overall"),
        gap("falsePositiveRate", "to_overall"),
        Math.max,
      ),
      equalizedOddsRatio: worse(
        quotient("truePositiveRate", "to_overall"),
        quotient("falsePositiveRate", "to_overall"),
        Math.min,
      ),
    },
    fourFifths: flagOf(quotient("selectionRate")),
    excluded: excludedGroups(groups, overall),
    undisclosed: predictions.groups.filter((group) => group === null).length,
  };
}

const byName = ([a]: readonly [string, unknown], [b]: readonly [string, unknown]) => (a < b ? -1 : a > b ? 1 : 0);

/** Rates the gaps are made of that a group lacks although they are known overall. */
function excludedGroups(groups: readonly (readonly [string, GroupMetrics])[], overall: GroupMetrics) {
  const excluded: FairnessMetrics["excluded"] = {};
  for (const rate of ["selectionRate", "truePositiveRate", "falsePositiveRate", "accuracy", "auc"] as const) {
    const names = groups.filter(([, metrics]) => metrics[rate] === null).map(([name]) => name);
    if (names.length > 0 && overall[rate] !== null) excluded[rate] = names;
  }
  return excluded;
}
