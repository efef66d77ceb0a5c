/**
 * Principal reasons of an unfavourable decision, as 12 CFR 1002.9(b)(2) asks for them: what was actually scored, at most
 * four, most weighty first, and never a prohibited basis. A feature's weight is its Shapley value on the score with
 * those as background who are at or just above the cut-off: what set this row apart from the ones that just passed.
 */
import type { Attributions } from "./coalitions.ts";
import { stability } from "./lime.ts";

/** The official interpretation: more than four are not likely to be helpful. */
const mostReasons = 4;

/** Below this, other rows just above the cut-off would have given other reasons. */
const stableFrom = 0.8;

export interface Reasons {
  /** Names of features, most weighty first */
  reasons: string[];
  /** Mean Jaccard index of the reasons over the backgrounds tried */
  stability: number;
  /** A person has to decide: the reasons depend on the background, or a protected feature weighed among them */
  needsPerson: boolean;
}

/**
 * @param names of the players @param protectedNames features that must not be given as a reason
 * @param byBackground the same row's attributions against several backgrounds
 */
export function principalReasons(
  names: readonly string[],
  protectedNames: readonly string[],
  byBackground: readonly Attributions[],
): Reasons {
  const mean = names.map((_, i) => byBackground.reduce((sum, a) => sum + a.values[i]!, 0) / byBackground.length);
  const chosen = (values: readonly number[]) => mostAgainst(values).filter((i) => !protectedNames.includes(names[i]!));
  const agreement = stability(byBackground.map((a) => chosen(a.values)));
  const hidden = mostAgainst(mean).some((i) => protectedNames.includes(names[i]!));
  return {
    reasons: chosen(mean).map((i) => names[i]!),
    stability: agreement,
    needsPerson: hidden || agreement < stableFrom,
  };
}

/** Places of the most negative values, at most four. */
const mostAgainst = (values: readonly number[]): number[] =>
  values
    .map((value, i) => ({ value, i }))
    .filter(({ value }) => value < 0)
    .sort((a, b) => a.value - b.value || a.i - b.i)
    .slice(0, mostReasons)
    .map(({ i }) => i);
