/**
 * What is told to the person about their file before anything is learned from it: which columns were dropped, and how
 * far the rest singles people out (k-anonymity, Sweeney 2002). It protects nothing by itself; the noise does.
 */
import type { Task } from "../task.ts";
import { cellOf, neededColumns, parseNumber, type TextRecord } from "./rows.ts";

export interface Anonymity {
  /** Rows in the smallest class of equal quasi-identifiers; 0 for no rows */
  k: number;
  /** Rows that are alone in their class */
  unique: number;
  /** The quasi-identifiers that the file has */
  columns: string[];
}

/** Decades, the customary generalisation of an age. */
const customaryWidth = 10;

/** `34` in bands of 10 is `[30, 40)`; a text that is not a number stays as it is. */
export function toBand(text: string, width: number): string {
  const value = parseNumber(text);
  if (value === undefined) return text;
  const from = Math.floor(value / width) * width;
  return `[${from}, ${from + width})`;
}

/** Band widths of the quasi-identifiers that the task reads as numbers, for `anonymityOf`. */
export function bandsOf(task: Task): Record<string, number> {
  const numeric = task.data.features.filter((f) => f.kind === "numeric" && task.data.quasiIdentifiers.includes(f.name));
  return Object.fromEntries(numeric.map((f) => [f.name, customaryWidth]));
}

/**
 * Columns that are not in the file are left out of the report. A column is compared as text unless `bands` gives it a
 * width: a code of 0 and 1 must not melt into one band by itself, which would overstate k.
 */
export function anonymityOf(
  records: readonly TextRecord[],
  columns: readonly string[],
  bands: Readonly<Record<string, number>> = {},
): Anonymity {
  const present = columns.filter((column) => records[0] && Object.hasOwn(records[0], column));
  const classes = new Map<string, number>();
  for (const record of records) {
    const cells = present.map((column) => {
      const width = Object.hasOwn(bands, column) ? bands[column] : undefined;
      return width === undefined ? cellOf(record, column) : toBand(cellOf(record, column), width);
    });
    const key = JSON.stringify(cells);
    classes.set(key, (classes.get(key) ?? 0) + 1);
  }
  const sizes = [...classes.values()];
  return {
    k: sizes.reduce((least, size) => Math.min(least, size), records.length),
    unique: sizes.filter((size) => size === 1).length,
    columns: present,
  };
}

/** Keeps only the columns the task names, and none that it calls an identifier; `dropped` are the file's others. */
export function dropIdentifiers(
  records: readonly TextRecord[],
  task: Task,
): { records: Record<string, string>[]; dropped: string[] } {
  const { quasiIdentifiers, identifiers } = task.data;
  const named = [...neededColumns(task), ...quasiIdentifiers];
  const wanted = new Set(named.filter((column) => !identifiers.includes(column)));
  const keep = (column: string) => wanted.has(column);
  return {
    records: records.map((record) => Object.fromEntries(Object.entries(record).filter(([column]) => keep(column)))),
    dropped: Object.keys(records[0] ?? {}).filter((column) => !keep(column)),
  };
}
