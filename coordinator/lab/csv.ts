import Papa from "papaparse";
import type { Done } from "./sweep.ts";

/** A line a cell: its setting, then its figures. Nothing in it follows from a clock: the same seeds give the same bytes. */
export function csvOf(done: readonly Done[]): string {
  const lines = done.map(({ cell, result: { path: _, groups: __, ...figures } }) => {
    const setting = Object.entries({ ...cell, ...figures }).map(([name, value]) => [
      name,
      typeof value === "object" && value !== null ? JSON.stringify(value) : value,
    ]);
    return Object.fromEntries(setting) as Record<string, unknown>;
  });
  return `${Papa.unparse(lines, { newline: "\n" })}\n`;
}
