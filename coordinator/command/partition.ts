/** Parts one table among the participants of a demonstration; in earnest each brings its own. */
import { InputError } from "../../shared/errors.ts";

type TextRecord = Record<string, string>;

/** By value of a column, such as a job or a hospital, in the order of first appearance: unlike parts, as in life. */
export function splitByColumn(records: readonly TextRecord[], column: string): Map<string, TextRecord[]> {
  const parts = new Map<string, TextRecord[]>();
  for (const record of records) {
    const value = Object.hasOwn(record, column) ? record[column]!.trim() : undefined;
    if (value === undefined) {
      const fix = `Use one of ${Object.keys(record).join(", ")}.`;
      throw new InputError("column", `«${column}» is not in the file`, fix);
    }
    const part = parts.get(value);
    if (part) part.push(record);
    else parts.set(value, [record]);
  }
  return parts;
}

/** Dealt like cards to `n` parts, whose sizes differ by one at most. */
export function splitEvenly(records: readonly TextRecord[], n: number): TextRecord[][] {
  if (!Number.isInteger(n) || n < 1 || n > records.length) {
    throw new InputError(
      "participants",
      `is ${n} for ${records.length} rows`,
      `Use a whole number from 1 to ${records.length}.`,
    );
  }
  const parts: TextRecord[][] = Array.from({ length: n }, () => []);
  records.forEach((record, i) => {
    parts[i % n]!.push(record);
  });
  return parts;
}
