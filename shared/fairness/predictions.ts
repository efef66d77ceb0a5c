/** Predictions as they come from outside, checked once, row by row afterwards. */
import { InputError } from "../errors.ts";
import type { Row } from "./group-metrics.ts";

export interface Predictions {
  /** True outcomes [n], 0 or 1 (1 is the favourable one) */
  yTrue: readonly number[];
  /** Decisions [n], 0 or 1; without them, `score > threshold` */
  yPred?: readonly number[];
  /** Scores [n], higher is more favourable; without them there is no AUC */
  score?: readonly number[];
  /** Group of each row [n]; null where it is not disclosed: such a row counts overall, in no group */
  groups: readonly (string | null)[];
  /** Row weights [n], ≥ 0; default 1 */
  weights?: readonly number[];
  /** Default ½ */
  threshold?: number;
}

/** @throws InputError that names the field, and the first wrong row from 0 */
export function rowsOf({ yTrue, yPred, score, groups, weights, threshold = 0.5 }: Predictions): Row[] {
  if (yTrue.length === 0) throw new InputError("yTrue", "has no rows", "Give at least one.");
  if (yPred === undefined && score === undefined) {
    throw new InputError("yPred", "is missing and so is `score`", "Give decisions, scores, or both.");
  }
  for (const [field, values] of Object.entries({ yPred, score, groups, weights })) {
    if (values !== undefined && values.length !== yTrue.length) {
      throw new InputError(field, `has ${values.length} rows, yTrue ${yTrue.length}`, "Give one value a row.");
    }
  }
  const binary = (field: string, value: number, row: number): 0 | 1 => {
    if (value !== 0 && value !== 1) throw new InputError(field, `is ${value} in row ${row}`, "Use 0 and 1.");
    return value;
  };
  return yTrue.map((y, row) => {
    const s = score?.[row];
    if (s !== undefined && !Number.isFinite(s)) {
      throw new InputError("score", `is ${s} in row ${row}`, "Use finite numbers.");
    }
    const weight = weights?.[row] ?? 1;
    if (!(weight >= 0 && weight < Infinity)) {
      throw new InputError("weights", `is ${weight} in row ${row}`, "Use finite numbers of at least 0.");
    }
    const decision = yPred?.[row];
    return {
      label: binary("yTrue", y, row),
      predicted: decision !== undefined ? binary("yPred", decision, row) : s! > threshold ? 1 : 0,
      score: s,
      weight,
    };
  });
}

/**
 * Groups of several sensitive columns crossed: the values of each row joined by `|` (one inside a value becomes `\|`).
 * A row that leaves out one of them belongs to no intersection.
 */
export function intersections(columns: readonly (readonly (string | null)[])[]): (string | null)[] {
  if (columns.length === 1) return [...columns[0]!];
  return (columns[0] ?? []).map((_, row) => {
    const values = columns.map((column) => column[row] ?? null);
    return values.includes(null) ? null : values.map((value) => value!.replaceAll(/[\\|]/g, "\\$&")).join("|");
  });
}
