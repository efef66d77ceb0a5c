/** From a row's columns to the model's input: what a numeric column is clamped, scaled and normalised to. */
import { invariant } from "../errors.ts";
import { inputWidth } from "../model.ts";
import type { Feature } from "../task.ts";
import { pixelInputs } from "./images.ts";

type NumericFeature = Extract<Feature, { kind: "numeric" }>;

/** By name of a numeric feature: mean and standard deviation of its `scaled` values, from the noisy `profile`. */
export type Normalisation = Record<string, { mean: number; scale: number }>;

/** What the model may read of the rows of a file. */
export interface FeatureColumns {
  count: number;
  /** By feature [count]: clamped and `scaled`, NaN where missing */
  numeric: Record<string, Float64Array>;
  /** By feature [count]: index into the feature's values, −1 for any other value or none */
  categorical: Record<string, Int16Array>;
  /** [count], of a task that reads texts */
  texts?: string[];
  /** [count, imageLength], of a task that reads images */
  pixels?: Uint8Array;
}

/** The part of a task that says what a model reads. */
export interface Columns {
  data: { features: Feature[] };
}

/** A normalised value further out than this many standard deviations says nothing more, and would only be clipped. */
const outermost = 5;

/** Clamps to the declared [min, max]; a `log` feature becomes sign(x)·ln(1 + |x|). NaN (missing) stays NaN. */
export function scaled(value: number, feature: NumericFeature): number {
  const clamped = Math.min(feature.max, Math.max(feature.min, value));
  return feature.scale === "log" ? Math.sign(clamped) * Math.log1p(Math.abs(clamped)) : clamped;
}

/**
 * Model inputs [rows.count, inputWidth(task)] f32, row-major, columns in the order of `task.data.features`.
 * A numeric feature is (x − mean) / scale within ±5, and 0 (the mean) where it is missing; a categorical one is
 * one-hot over its values, all zero for any other value. A pixel is 0 … 1.
 */
export function encodeFeatures(
  rows: FeatureColumns,
  task: Columns,
  normalisation: Normalisation,
): Float32Array<ArrayBuffer> {
  if (rows.pixels) return pixelInputs(rows.pixels);
  const width = inputWidth(task);
  const inputs = new Float32Array(rows.count * width);
  let column = 0;
  for (const feature of task.data.features) {
    if (feature.kind === "numeric") {
      const values = rows.numeric[feature.name];
      const norm = normalisation[feature.name];
      invariant(values?.length === rows.count, `the rows hold ${feature.name}`);
      invariant(
        norm && Number.isFinite(norm.mean) && norm.scale > 0,
        `${feature.name} has a mean and a positive scale`,
      );
      for (let row = 0; row < rows.count; row++) {
        const z = (values[row]! - norm.mean) / norm.scale;
        inputs[row * width + column] = Number.isNaN(z) ? 0 : Math.min(outermost, Math.max(-outermost, z));
      }
      column += 1;
    } else {
      const values = rows.categorical[feature.name];
      invariant(values?.length === rows.count, `the rows hold ${feature.name}`);
      for (let row = 0; row < rows.count; row++) {
        const value = values[row]!;
        if (value >= 0) inputs[row * width + column + value] = 1;
      }
      column += feature.values.length;
    }
  }
  return inputs;
}
