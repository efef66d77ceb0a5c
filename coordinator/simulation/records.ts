import { readFileSync } from "node:fs";
import Papa from "papaparse";

/** A CSV file with a header, as text. */
export const recordsOf = (path: string) =>
  Papa.parse<Record<string, string>>(readFileSync(path, "utf8"), { header: true, skipEmptyLines: true }).data;
