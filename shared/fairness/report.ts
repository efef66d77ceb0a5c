/**
 * The fairness of a model as the noisy histogram tells it, for one attribute: every figure by group and every gap
 * between groups, in Fairlearn's names, each with a 95 % interval of sampling and privacy noise together. Null is «too
 * few rows to say», and a group that a gap had to leave out is named.
 */
import type { GroupGateMetric } from "../task.ts";
import { figureNames, type GroupCounts, type GroupFigures, groupFigures, isEnough } from "./group-figures.ts";
import { scoreBins } from "./histogram.ts";
import { type Estimate, estimateOf, type Figure, largestOf, logFigure, pairwise, smallestOf } from "./intervals.ts";

export type GapName = GroupGateMetric | "accuracyDifference" | "worstGroupLoss" | "worstGroupAuc";

export interface AttributeReport {
  gaps: Record<GapName, Estimate | null>;
  /** Ratio of selection rates below four fifths: the flag of US employment practice (29 CFR 1607.4(D)), no verdict */
  fourFifths: "below" | "not below" | "too few to say";
  byGroup: Record<string, Record<(typeof figureNames)[number], Estimate | null>>;
  /** Groups with too few rows for the noise: no gap counts them */
  tooFew: string[];
}

export const fourFifths = 0.8;

/** @param t logit above which a row is selected */
export function attributeReport(groups: Record<string, GroupCounts>, t: number): AttributeReport {
  const figures = Object.entries(groups).map(([name, counts]) => [name, groupFigures(counts, t)] as const);
  const known = (name: keyof GroupFigures): Figure[] =>
    figures.flatMap(([, own]) => (own[name] === null ? [] : [own[name]]));
  const gaps = gapsOf(known);
  return {
    gaps,
    fourFifths: flagOf(gaps.demographicParityRatio),
    byGroup: Object.fromEntries(
      figures.map(([group, own]) => [
        group,
        Object.fromEntries(
          figureNames.map((name) => [name, estimateOf(own[name])]),
        ) as AttributeReport["byGroup"][string],
      ]),
    ),
    tooFew: Object.entries(groups)
      .filter(([, counts]) => !isEnough(rowsOf(counts), 2 * scoreBins.count * counts.noise))
      .map(([name]) => name),
  };
}

const rowsOf = ({ counts }: GroupCounts) => counts.reduce((sum, bins) => sum + bins.reduce((a, b) => a + b, 0), 0);

function gapsOf(known: (name: keyof GroupFigures) => Figure[]): AttributeReport["gaps"] {
  const atLeastTwo = (figures: Figure[]) => (figures.length < 2 ? [] : figures);
  const differences = (name: keyof GroupFigures) => pairwise(atLeastTwo(known(name)));
  const difference = (name: keyof GroupFigures) => notNegative(largestOf(differences(name)));
  // min/max = exp(−max of the differences of logarithms). Of rates that are all 0 nothing can be said.
  const logs = (name: keyof GroupFigures) => {
    const figures = atLeastTwo(known(name));
    return figures.some((f) => f.value > 0) ? figures.map(logFigure) : [];
  };
  const ratioOf = (pairs: Figure[]) => {
    const largest = largestOf(pairs);
    return largest && atMostOne({ value: -largest.value, low: -largest.high, high: -largest.low });
  };
  const bothRates = ["truePositiveRate", "falsePositiveRate"] as const;
  const hasBoth = bothRates.every((name) => known(name).length >= 2);
  return {
    demographicParityDifference: difference("selectionRate"),
    demographicParityRatio: ratioOf(pairwise(logs("selectionRate"))),
    equalizedOddsDifference: hasBoth ? notNegative(largestOf(bothRates.flatMap(differences))) : null,
    equalizedOddsRatio: hasBoth ? ratioOf(bothRates.flatMap((name) => pairwise(logs(name)))) : null,
    equalOpportunityDifference: difference("truePositiveRate"),
    accuracyDifference: difference("accuracy"),
    aucGap: difference("auc"),
    calibrationGap: difference("calibrationError"),
    worstGroupAccuracy: smallestOf(known("accuracy")),
    worstGroupAuc: smallestOf(known("auc")),
    worstGroupLoss: largestOf(known("loss")),
  };
}

const notNegative = (estimate: Estimate | null): Estimate | null =>
  estimate && { value: estimate.value, low: Math.max(0, estimate.low), high: Math.max(0, estimate.high) };

/** From logarithms back to a ratio in [0, 1]. */
function atMostOne({ value, low, high }: Estimate): Estimate {
  const ratio = (x: number) => Math.min(1, Math.exp(x));
  return { value: ratio(value), low: ratio(low), high: ratio(high) };
}

function flagOf(ratio: Estimate | null): AttributeReport["fourFifths"] {
  if (ratio === null || (ratio.low < fourFifths && ratio.high >= fourFifths)) return "too few to say";
  return ratio.high < fourFifths ? "below" : "not below";
}
