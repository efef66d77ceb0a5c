/**
 * `murmur predict` and `murmur explain`: a model, from a file or from the coordinator, on rows that stay on this
 * machine. From the coordinator it comes as an export does: noted in the ledger, and not while it is held back.
 */
import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import Papa from "papaparse";
import { readFeatures } from "../../shared/data/rows.ts";
import { InputError } from "../../shared/errors.ts";
import { type ExplainOptions, type Explanation, explain, takeColumns } from "../../shared/explain/explain.ts";
import { type OpenModel, openModel } from "../../shared/model-file.ts";
import { readInput } from "./flags.ts";
import { fetchModel } from "./runs-client.ts";

interface Place {
  /** A run's name, or a path */
  run: string;
  coordinator: string;
}

async function modelAt({ run, coordinator }: Place): Promise<OpenModel> {
  if (!existsSync(run)) return openModel(await fetchModel({ coordinator, run }));
  const text = await readInput("--run", statSync(run).isDirectory() ? join(run, "model.json") : run);
  try {
    return await openModel(JSON.parse(text));
  } catch (error) {
    if (error instanceof SyntaxError)
      throw new InputError("--run", `${run} is not JSON`, "Name a model that was exported as json.");
    throw error;
  }
}

function rowsOf(model: OpenModel, text: string) {
  const { data } = Papa.parse<Record<string, string>>(text, {
    header: true,
    skipEmptyLines: "greedy",
    transformHeader: (name) => name.trim(),
  });
  return readFeatures(data, model.file.features).columns;
}

export interface Predictions {
  run: string;
  modelHash: string;
  /** Logit above which the task's rule selects */
  threshold: number;
  /** Rows are counted from 1 */
  predictions: { row: number; logit: number; probability: number; selected: boolean }[];
}

export async function predictRows(text: string, place: Place): Promise<Predictions> {
  const model = await modelAt(place);
  const { run, modelHash, context } = model.file;
  const logits = model.score(model.encode(rowsOf(model, text)));
  const predictions = Array.from(logits, (logit, i) => ({
    row: i + 1,
    logit,
    probability: 1 / (1 + Math.exp(-logit)),
    selected: logit > context.threshold,
  }));
  return { run, modelHash, threshold: context.threshold, predictions };
}

export async function explainRow(text: string, row: number, options: Place & ExplainOptions): Promise<Explanation> {
  const model = await modelAt(options);
  const rows = rowsOf(model, text);
  if (row > rows.count)
    throw new InputError("--row", `is ${row}, and the file has ${rows.count} rows`, "Count from 1.");
  return explain(model, takeColumns(rows, [row - 1]), options);
}
