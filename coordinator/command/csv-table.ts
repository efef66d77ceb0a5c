/** Columns of a CSV file that somebody names on the command line. */
import Papa from "papaparse";
import { InputError } from "../../shared/errors.ts";

export interface Cell {
  /** Trimmed */
  value: string;
  /** From 1, the header included */
  row: number;
}

/** @throws InputError that names FILE, or the flag that named a column */
export function readTable(text: string): { column: (flag: string, name: string) => Cell[] } {
  const { data, errors } = Papa.parse<string[]>(text.replace(/^\uFEFF/, ""));
  // A single column leaves the delimiter undecided, which does no harm.
  const broken = errors.find((error) => error.code !== "UndetectableDelimiter");
  if (broken) throw new InputError("FILE", `row ${(broken.row ?? 0) + 1}: ${broken.message}`, "Correct the CSV.");
  const rows = data
    .map((cells, i) => ({ cells: cells.map((cell) => cell.trim()), row: i + 1 }))
    .filter(({ cells }) => cells.some((cell) => cell !== ""));
  const header = rows.shift()?.cells ?? [];
  if (rows.length === 0) throw new InputError("FILE", "has no rows under a header", "Give a CSV with a header line.");
  const ragged = rows.find(({ cells }) => cells.length !== header.length);
  if (ragged) {
    const problem = `row ${ragged.row} has ${ragged.cells.length} cells, the header ${header.length}`;
    throw new InputError("FILE", problem, "Give every line one cell a column.");
  }
  return {
    column(flag, name) {
      const at = header.indexOf(name);
      if (at < 0) {
        throw new InputError(flag, `«${name}» is not a column of the file`, `Use one of ${header.join(", ")}.`);
      }
      if (header.lastIndexOf(name) !== at) {
        throw new InputError(flag, `«${name}» is the name of two columns`, "Give each column a name of its own.");
      }
      return rows.map(({ cells, row }) => ({ value: cells[at]!, row }));
    },
  };
}

/** @throws InputError that names the flag, the column and the row */
export function numbers(cells: readonly Cell[], flag: string, name: string, least = -Infinity): number[] {
  return cells.map(({ value, row }) => {
    const number = value === "" ? Number.NaN : Number(value);
    if (Number.isFinite(number) && number >= least) return number;
    const fix = least === 0 ? "Use numbers of at least 0." : "Use finite numbers.";
    throw new InputError(flag, `column «${name}», row ${row} holds «${value}»`, fix);
  });
}
