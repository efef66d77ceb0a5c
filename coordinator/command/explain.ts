/** `murmur explain`, `dependence`, `prune` and `reduce`: a model of columns on rows that stay on this machine. */
import type { FeatureColumns } from "../../shared/data/features.ts";
import { readFeatures } from "../../shared/data/rows.ts";
import { InputError, invariant } from "../../shared/errors.ts";
import { type ExplainOptions, type Explanation, explain, takeColumns } from "../../shared/explain/explain.ts";
import { partialDependence } from "../../shared/explain/partial-dependence.ts";
import { type PruneKind, prune } from "../../shared/explain/prune.ts";
import { reduce } from "../../shared/explain/reduce.ts";
import { fairnessMetrics } from "../../shared/fairness/metrics.ts";
import { type ModelFile, type OpenModel, openModel } from "../../shared/model-file.ts";
import { modelAt, type Place, recordsOf } from "./model-at.ts";

const openAt = async (place: Place): Promise<OpenModel> => openModel(await modelAt(place));

const rowsOf = (model: OpenModel, text: string) => readFeatures(recordsOf(text), model.file.features).columns;

export async function explainRow(text: string, row: number, options: Place & ExplainOptions): Promise<Explanation> {
  const model = await openAt(options);
  const rows = rowsOf(model, text);
  if (row > rows.count)
    throw new InputError("--row", `is ${row}, and the file has ${rows.count} rows`, "Count from 1.");
  return explain(model, takeColumns(rows, [row - 1]), options);
}

export async function dependence(feature: string, seed: number, place: Place) {
  const model = await openAt(place);
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
  const model = await openAt(place);
  const { rows, labels } = labelledRows(model, text);
  const before = qualityOf(model, rows, labels);
  const { file, ...told } = await change(model);
  return { ...told, before, after: qualityOf(await openModel(file), rows, labels), file };
}

function labelledRows(model: OpenModel, text: string) {
  const { label } = model.file;
  invariant("positive" in label, "an open model has two outcomes");
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
