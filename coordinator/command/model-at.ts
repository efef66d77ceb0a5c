/** A model by a run's name or a path. From the coordinator it comes as an export does: noted in the ledger, and not while it is held back. */
import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import Papa from "papaparse";
import { delimiterOf } from "../../shared/data/delimiter.ts";
import { InputError } from "../../shared/errors.ts";
import { readInput } from "./flags.ts";
import { fetchModel } from "./runs-client.ts";

export interface Place {
  /** A run's name, or a path */
  run: string;
  coordinator: string;
}

/** What claims to be a model's file; openModel or readModelFile tells whether it is. */
export async function modelAt({ run, coordinator }: Place): Promise<unknown> {
  if (!existsSync(run)) return fetchModel({ coordinator, run });
  const text = await readInput("--run", statSync(run).isDirectory() ? join(run, "model.json") : run);
  try {
    return JSON.parse(text);
  } catch {
    throw new InputError("--run", `${run} is not JSON`, "Name a model that was exported as json.");
  }
}

export const recordsOf = (text: string): Record<string, string>[] =>
  Papa.parse<Record<string, string>>(text, {
    header: true,
    delimiter: delimiterOf(text),
    skipEmptyLines: "greedy",
    transformHeader: (name) => name.trim(),
  }).data;
