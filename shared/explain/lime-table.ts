/**
 * LIME for a table's row: neighbours are drawn feature by feature from the noisy counts; a neighbour's feature is «the
 * same» when it is in the row's own quartile, or has its very value (`lime.lime_tabular`, discretizer "quartile").
 */
import type { FeatureColumns } from "../data/features.ts";
import type { Marginals } from "../questions/profile.ts";
import { profileBins } from "../questions/profile.ts";
import type { Feature } from "../task.ts";
import { atBin, quantilePlace, valueAt } from "./background.ts";
import { fitLime, kernelWeights, type LimeFit, stability } from "./lime.ts";
import { Seeded } from "./seeded.ts";

/** Of √M: `lime.lime_tabular`'s kernel width. */
const kernelShare = 0.75;

/** Runs whose choices are compared, and how many features of each. */
const stabilityRuns = 20;
const stabilityTop = 5;

export interface LimeTableOptions {
  seed: number;
  /** Neighbours; default 5000 */
  samples?: number;
  /** Features of the small model; default all */
  features?: number;
}

export interface LimeTable extends LimeFit {
  /** Mean Jaccard index of the five largest features over twenty seeds; below 0.7 the explanation is unstable */
  stability: number;
}

/**
 * @param row one row @param score probability of the favourable outcome, by row
 */
export async function limeTable(
  features: readonly Feature[],
  marginals: Marginals,
  row: FeatureColumns,
  score: (rows: FeatureColumns) => ArrayLike<number> | Promise<ArrayLike<number>>,
  options: LimeTableOptions,
): Promise<LimeTable> {
  const { seed, samples = 5000, features: chosen = features.length } = options;
  const once = async (at: number, size: number) => {
    const neighbours = drawNeighbours(features, marginals, row, size, new Seeded(at));
    const same = sameness(features, marginals, row, neighbours);
    const distances = same.map((flags) => Math.sqrt(flags.filter((flag) => flag === 0).length));
    const weights = kernelWeights(distances, kernelShare * Math.sqrt(features.length));
    return fitLime(same, Array.from(await score(neighbours)), weights, chosen);
  };
  const fit = await once(seed, samples);
  const tops: number[][] = [];
  for (let run = 0; run < stabilityRuns; run++)
    tops.push((await once(seed + 1 + run, samples)).chosen.slice(0, stabilityTop));
  return { ...fit, stability: stability(tops) };
}

/** The row itself, then its neighbours. */
function drawNeighbours(
  features: readonly Feature[],
  marginals: Marginals,
  row: FeatureColumns,
  count: number,
  random: Seeded,
): FeatureColumns {
  const rows: FeatureColumns = { count, numeric: {}, categorical: {} };
  for (const feature of features) {
    const counts = marginals[feature.name]!;
    const draw = (i: number, own: number) => (i === 0 ? own : valueAt(feature, counts, random.uniform()));
    if (feature.kind === "numeric") {
      const own = row.numeric[feature.name]![0]!;
      rows.numeric[feature.name] = Float64Array.from({ length: count }, (_, i) => draw(i, own));
    } else {
      const own = row.categorical[feature.name]![0]!;
      rows.categorical[feature.name] = Int16Array.from({ length: count }, (_, i) => draw(i, own));
    }
  }
  return rows;
}

/** [rows][features]: 1 where the value is as the row's own. */
function sameness(
  features: readonly Feature[],
  marginals: Marginals,
  row: FeatureColumns,
  neighbours: FeatureColumns,
): number[][] {
  const flags = Array.from({ length: neighbours.count }, () => Array<number>(features.length).fill(0));
  features.forEach((feature, f) => {
    if (feature.kind === "categorical") {
      const own = row.categorical[feature.name]![0]!;
      neighbours.categorical[feature.name]!.forEach((value, i) => {
        if (value === own) flags[i]![f] = 1;
      });
      return;
    }
    const cuts = quartilesOf(feature, marginals[feature.name]!);
    // A missing value is a band of its own.
    const bandOf = (value: number) => (Number.isNaN(value) ? -1 : cuts.filter((cut) => value > cut).length);
    const own = bandOf(row.numeric[feature.name]![0]!);
    neighbours.numeric[feature.name]!.forEach((value, i) => {
      if (bandOf(value) === own) flags[i]![f] = 1;
    });
  });
  return flags;
}

/** Quartiles of the values that are there, after the feature's scale; ascending. */
export function quartilesOf(feature: Extract<Feature, { kind: "numeric" }>, counts: readonly number[]): number[] {
  const present = counts.slice(0, profileBins);
  return [0.25, 0.5, 0.75].map((q) => atBin(feature, quantilePlace(present, q)));
}
