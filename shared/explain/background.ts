/**
 * Rows that stand for everybody and are nobody's: each feature is drawn by itself from the noisy counts of the
 * `profile` question. They cost no privacy beyond it, and their features are independent of each other, which the
 * explained population's are not: the record of an explanation says so by naming its background.
 */
import type { FeatureColumns } from "../data/features.ts";
import { encodeFeatures, scaled } from "../data/features.ts";
import { invariant } from "../errors.ts";
import { inputWidth } from "../model.ts";
import { type Marginals, type Profile, profileBins } from "../questions/profile.ts";
import type { Feature, Task } from "../task.ts";
import { Seeded } from "./seeded.ts";

type NumericFeature = Extract<Feature, { kind: "numeric" }>;

/** Value of a numeric feature (after its scale) at a place inside its bins: 2.5 is the middle of the third. */
export function atBin(feature: NumericFeature, place: number): number {
  const low = scaled(feature.min, feature);
  return low + (place / profileBins) * (scaled(feature.max, feature) - low);
}

/** The bin, with its fraction, at which a share q in [0, 1) of the counts lies below. */
export function quantilePlace(counts: readonly number[], q: number): number {
  const total = counts.reduce((a, b) => a + b, 0);
  if (!(total > 0)) return q * counts.length;
  let rest = q * total;
  let last = 0;
  for (const [bin, count] of counts.entries()) {
    if (count <= 0) continue;
    if (rest < count) return bin + rest / count;
    rest -= count;
    last = bin;
  }
  return last + 1 - 1e-9;
}

/** One feature's value at a share of its counts: a number after its scale or NaN (missing), or an index or −1 (other). */
export function valueAt(feature: Feature, counts: readonly number[], q: number): number {
  const place = quantilePlace(counts, q);
  const bin = Math.floor(place);
  if (feature.kind === "categorical") return bin === feature.values.length ? -1 : bin;
  return bin === profileBins ? Number.NaN : atBin(feature, place);
}

/**
 * `count` rows. Each feature's values are spread evenly over its counts and then shuffled, so that even a hundred rows
 * have its mean and its shares.
 */
export function backgroundRows(
  features: readonly Feature[],
  marginals: Marginals,
  count: number,
  random: Seeded,
): FeatureColumns {
  const rows: FeatureColumns = { count, numeric: {}, categorical: {} };
  for (const feature of features) {
    const counts = marginals[feature.name];
    invariant(counts, `the profile counted ${feature.name}`);
    const values = random.permutation(count).map((k) => valueAt(feature, counts, (k + 0.5) / count));
    if (feature.kind === "numeric") rows.numeric[feature.name] = Float64Array.from(values);
    else rows.categorical[feature.name] = Int16Array.from(values);
  }
  return rows;
}

/** Rows whose mean stands for everybody's */
const meanRows = 1000;

/** Mean of the model's inputs over rows drawn from the noisy counts, [inputs]: what an average row is compared with. */
export function backgroundMean(
  task: Task,
  { normalisation, marginals }: Pick<Profile, "normalisation" | "marginals">,
): number[] {
  const { features } = task.data;
  const inputs = encodeFeatures(backgroundRows(features, marginals, meanRows, new Seeded(0)), task, normalisation);
  const width = inputWidth(task);
  return Array.from({ length: width }, (_, i) => {
    let sum = 0;
    for (let at = i; at < inputs.length; at += width) sum += inputs[at]!;
    return sum / meanRows;
  });
}
