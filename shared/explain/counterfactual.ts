/**
 * What would have changed the decision: the fewest features to change, and among those the smallest change, so that the
 * model says otherwise (Wachter, Mittelstadt & Russell 2018; sparse, in range, and never an immutable feature). Every
 * answer is one that the model itself was asked about, rounding and all.
 */
import { type FeatureColumns, scaled } from "../data/features.ts";
import type { Marginals } from "../questions/profile.ts";
import { profileBins } from "../questions/profile.ts";
import type { Feature } from "../task.ts";
import { atBin } from "./background.ts";

/** One feature's value: a number as it stands in a file (not scaled), or a category. */
export type Value = number | string;

export interface Change {
  feature: string;
  from: Value | null;
  to: Value;
}

export interface Counterfactual {
  changes: Change[];
  /** Score after them, logit */
  score: number;
}

export interface CounterfactualOptions {
  /** Logit above which a row is selected */
  threshold: number;
  /** Features that must stay as they are */
  frozen: readonly string[];
  /** Features changed at once, at most */
  most?: number;
}

/** A candidate, in the terms of the search. */
interface Step {
  feature: number;
  /** Value in FeatureColumns' terms */
  value: number;
  /** Share of everybody that lies between the old value and the new one; 1 for another category */
  cost: number;
}

interface Path {
  steps: Step[];
  cost: number;
  score: number;
}

/** Paths that are followed further at once. */
const beamWidth = 16;
const defaultMost = 4;

/**
 * Candidates of a numeric feature are the middles of its bins, within the task's limits; of a categorical one all its
 * values. One change is searched in full, more by a beam of the paths that came nearest.
 * @param row one row @param score logits by row
 * @returns undefined where no change of at most `most` features is found
 */
export async function counterfactual(
  features: readonly Feature[],
  marginals: Marginals,
  row: FeatureColumns,
  score: (rows: FeatureColumns) => ArrayLike<number> | Promise<ArrayLike<number>>,
  { threshold, frozen, most = defaultMost }: CounterfactualOptions,
): Promise<Counterfactual | undefined> {
  const own = features.map((feature) =>
    feature.kind === "numeric" ? row.numeric[feature.name]![0]! : row.categorical[feature.name]![0]!,
  );
  const [before] = Array.from(await score(rowsOf(features, own, [[]])));
  const upwards = !(before! > threshold);
  const flips = (z: number) => z > threshold === upwards;
  const nearness = (path: Path) => (upwards ? path.score : -path.score);
  const steps = features.flatMap((feature, f) =>
    frozen.includes(feature.name) ? [] : stepsOf(feature, f, own[f]!, marginals[feature.name]!),
  );
  let beam: Path[] = [{ steps: [], cost: 0, score: before! }];
  for (let depth = 1; depth <= most; depth++) {
    const grown = new Map<string, Step[]>();
    for (const path of beam) {
      for (const step of steps) {
        if (path.steps.some((s) => s.feature === step.feature)) continue;
        const next = [...path.steps, step].sort((a, b) => a.feature - b.feature);
        grown.set(next.map((s) => `${s.feature}:${s.value}`).join(), next);
      }
    }
    const candidates = [...grown.values()];
    if (candidates.length === 0) return undefined;
    const scores = await score(rowsOf(features, own, candidates));
    const paths = candidates.map((path, i) => ({
      steps: path,
      cost: path.reduce((sum, step) => sum + step.cost, 0),
      score: scores[i]!,
    }));
    const found = paths.filter((path) => flips(path.score)).sort((a, b) => a.cost - b.cost);
    if (found[0]) return described(features, own, found[0]);
    beam = paths.sort((a, b) => nearness(b) - nearness(a)).slice(0, beamWidth);
  }
  return undefined;
}

function stepsOf(feature: Feature, place: number, own: number, counts: readonly number[]): Step[] {
  if (feature.kind === "categorical")
    return feature.values.flatMap((_, value) => (value === own ? [] : [{ feature: place, value, cost: 1 }]));
  const present = counts.slice(0, profileBins);
  const total = Math.max(
    1e-9,
    present.reduce((a, b) => a + b, 0),
  );
  return present.map((_, bin) => {
    const value = rounded(feature, atBin(feature, bin + 0.5));
    const [low, high] = value < own ? [value, own] : [own, value];
    const between = present.reduce((sum, count, b) => {
      const centre = atBin(feature, b + 0.5);
      return sum + (centre >= low && centre <= high ? count : 0);
    }, 0);
    return { feature: place, value, cost: Number.isNaN(own) ? 1 : between / total };
  });
}

type NumericFeature = Extract<Feature, { kind: "numeric" }>;

const unscaled = (feature: NumericFeature, value: number): number =>
  feature.scale === "log" ? Math.sign(value) * Math.expm1(Math.abs(value)) : value;

/** To three digits, whole where the limits are, so that what is told to a person is what the model was asked. */
function rounded(feature: NumericFeature, value: number): number {
  const plain = unscaled(feature, value);
  const whole = Number.isInteger(feature.min) && Number.isInteger(feature.max) && feature.max - feature.min > 4;
  const short = Number(plain.toPrecision(3));
  return scaled(whole ? Math.round(short) : short, feature);
}

function rowsOf(
  features: readonly Feature[],
  own: readonly number[],
  paths: readonly (readonly Step[])[],
): FeatureColumns {
  const rows: FeatureColumns = { count: paths.length, numeric: {}, categorical: {} };
  features.forEach((feature, f) => {
    const value = (path: readonly Step[]) => path.find((step) => step.feature === f)?.value ?? own[f]!;
    if (feature.kind === "numeric") rows.numeric[feature.name] = Float64Array.from(paths, value);
    else rows.categorical[feature.name] = Int16Array.from(paths, value);
  });
  return rows;
}

function described(features: readonly Feature[], own: readonly number[], path: Path): Counterfactual {
  const changes = path.steps.map(({ feature: f, value }) => {
    const feature = features[f]!;
    const from = readable(feature, own[f]!);
    return { feature: feature.name, from, to: readable(feature, value)! };
  });
  return { changes, score: path.score };
}

/** A value as a person would write it; null where it is missing or another category. */
export function readable(feature: Feature, value: number): Value | null {
  if (feature.kind === "categorical") return feature.values[value] ?? null;
  return Number.isNaN(value) ? null : Number(unscaled(feature, value).toPrecision(12));
}
