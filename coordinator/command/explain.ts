/**
 * `murmur predict`, `explain`, `dependence` and `prune`: a model, from a file or from the coordinator, on rows that stay on this
 * machine. From the coordinator it comes as an export does: noted in the ledger, and not while it is held back.
 */
import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import Papa from "papaparse";
import type { FeatureColumns } from "../../shared/data/features.ts";
import { readFeatures } from "../../shared/data/rows.ts";
import { InputError } from "../../shared/errors.ts";
import { type ExplainOptions, type Explanation, explain, takeColumns } from "../../shared/explain/explain.ts";
import { partialDependence } from "../../shared/explain/partial-dependence.ts";
import { type PruneKind, prune } from "../../shared/explain/prune.ts";
import { reduce } from "../../shared/explain/reduce.ts";
import { fairnessMetrics } from "../../shared/fairness/metrics.ts";
import { type ModelFile, type OpenModel, openModel } from "../../shared/model-file.ts";
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

const recordsOf = (text: string): Record<string, string>[] =>
  Papa.parse<Record<string, string>>(text, {
    header: true,
    skipEmptyLines: "greedy",
    transformHeader: (name) => name.trim(),
  }).data;

const rowsOf = (model: OpenModel, text: string) => readFeatures(recordsOf(text), model.file.features).columns;

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

export async function dependence(feature: string, seed: number, place: Place) {
  const model = await modelAt(place);
  const { run, modelHash } = model.file;
  return { run, modelHash, feature, seed, points: partialDependence(model, feature, { seed }) };
}

export const pruneModel = (text: string, { kind, share, ...place }: Place & { kind: PruneKind; share: number }) =>
  judged(text, place, (model) => prune(model, kind, share));

export const reduceModel = (text: string, { components, ...place }: Place & { components: number }) =>
  judged(text, place, (model) => reduce(model, components));

/** Accuracy at probability ½ and AUC, of the model as it was and as it is, on the labelled rows of a file. */
async function judged<T extends { file: ModelFile }>(
  text: string,
  place: Place,
  change: (model: OpenModel) => Promise<T>,
) {
  const model = await modelAt(place);
  const { rows, labels } = labelledRows(model, text);
  const before = qualityOf(model, rows, labels);
  const { file, ...told } = await change(model);
  return { ...told, before, after: qualityOf(await openModel(file), rows, labels), file };
}

function labelledRows(model: OpenModel, text: string) {
  const { label } = model.file;
  if (!("positive" in label))
    throw new InputError("--run", "is a model of classes", "Accuracy and AUC are told of models of two outcomes.");
  const { column, positive, negative } = label;
  const records = recordsOf(text).filter((record) => [positive, negative].includes(record[column]?.trim() ?? ""));
  if (records.length === 0)
    throw new InputError(
      "--data",
      `has no row with ${positive} or ${negative} under ${column}`,
      "Name a file with labels.",
    );
  return {
    rows: readFeatures(records, model.file.features).columns,
    labels: records.map((record): 0 | 1 => (record[column]!.trim() === positive ? 1 : 0)),
  };
}

function qualityOf(model: OpenModel, rows: FeatureColumns, yTrue: (0 | 1)[]) {
  const score = Array.from(model.score(model.encode(rows)));
  const { overall } = fairnessMetrics({ yTrue, score, groups: yTrue.map(() => null), threshold: 0 });
  return { accuracy: overall.accuracy, auc: overall.auc };
}
