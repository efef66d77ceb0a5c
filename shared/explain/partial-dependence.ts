/**
 * Partial dependence (Friedman 2001, §8.2): the mean probability of rows that stand for everybody, if they all had one value
 * of one feature. The rows are drawn from the noisy profile, each feature by itself, so that the curve shows the model and not
 * which values go together in life.
 */
import type { FeatureColumns } from "../data/features.ts";
import { InputError } from "../errors.ts";
import type { OpenModel } from "../model-file.ts";
import { backgroundRows, valueAt } from "./background.ts";
import { readable, type Value } from "./counterfactual.ts";
import { Seeded } from "./seeded.ts";

export interface DependencePoint {
  /** As it stands in a file; null is another category */
  value: Value | null;
  /** Mean probability, [0, 1] */
  probability: number;
}

const backgroundCount = 500;

/** Places on the counts at which a numeric feature is tried: from its 2nd to its 98th percentile. */
const shares = Array.from({ length: 13 }, (_, i) => 0.02 + (0.96 * i) / 12);

/** @throws InputError where the model has no such feature */
export function partialDependence(
  { file, encode, score }: OpenModel,
  name: string,
  { seed }: { seed: number },
): DependencePoint[] {
  const { features, context } = file;
  const feature = features.find((f) => f.name === name);
  if (!feature)
    throw new InputError(
      "feature",
      `«${name}» is not read by the model`,
      `Use one of ${features.map((f) => f.name).join(", ")}.`,
    );
  const rows = backgroundRows(features, context.marginals, backgroundCount, new Seeded(seed));
  const counts = context.marginals[name]!;
  const values =
    feature.kind === "numeric"
      ? [...new Set(shares.map((share) => valueAt(feature, counts, share)))].filter((value) => !Number.isNaN(value))
      : feature.values.map((_, i) => i);
  return values.map((value) => {
    const probabilities = Array.from(score(encode(withValue(rows, name, value))), (z) => 1 / (1 + Math.exp(-z)));
    return { value: readable(feature, value), probability: probabilities.reduce((a, b) => a + b, 0) / backgroundCount };
  });
}

function withValue(rows: FeatureColumns, name: string, value: number): FeatureColumns {
  if (rows.numeric[name])
    return { ...rows, numeric: { ...rows.numeric, [name]: new Float64Array(rows.count).fill(value) } };
  return { ...rows, categorical: { ...rows.categorical, [name]: new Int16Array(rows.count).fill(value) } };
}
