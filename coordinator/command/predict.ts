/** `murmur predict`: a model on the rows of a file, which stay on this machine; of texts with their encoder, on the processor. */
import { encodeFeatures } from "../../shared/data/features.ts";
import { cellOf, outcomesOf, readFeatures } from "../../shared/data/rows.ts";
import { InputError } from "../../shared/errors.ts";
import { likeliest } from "../../shared/fairness/class-figures.ts";
import { type ModelFile, readModelFile } from "../../shared/model-file.ts";
import { outcomeProbabilities, predict } from "../../shared/predict.ts";
import { frozenOf, readEncoderFile } from "../../shared/text/encoder-file.ts";
import { Tokens } from "../../shared/text/tokens.ts";
import { useLiteTensors } from "../../shared/text/use-lite.ts";
import { useLiteFile } from "../text/use-lite.ts";
import { modelAt, type Place, recordsOf } from "./model-at.ts";

export interface Predictions {
  run: string;
  modelHash: string;
  /** Logit above which the task's rule selects; of classes it says nothing */
  threshold: number;
  /** Rows are counted from 1; of two outcomes the probability is the positive one's */
  predictions: ({ row: number; probability: number } & (
    | { logit: number; selected: boolean }
    | { outcome: string; outcomes: Record<string, number> }
  ))[];
}

/** @throws InputError for a file without the model's columns */
export async function predictRows(text: string, place: Place): Promise<Predictions> {
  const { file, parameters } = await readModelFile(await modelAt(place));
  const { run, modelHash, context, label } = file;
  const logits = await scored(file, parameters, recordsOf(text));
  const told = { run, modelHash, threshold: context.threshold };
  if ("positive" in label) {
    const predictions = Array.from(logits, (logit, i) => ({
      row: i + 1,
      logit,
      probability: 1 / (1 + Math.exp(-logit)),
      selected: logit > context.threshold,
    }));
    return { ...told, predictions };
  }
  const names = outcomesOf(label);
  const predictions = Array.from(likeliest(logits, names.length), (best, i) => {
    const probabilities = outcomeProbabilities(logits.subarray(i * names.length, (i + 1) * names.length));
    return {
      row: i + 1,
      outcome: names[best]!,
      probability: probabilities[best]!,
      outcomes: Object.fromEntries(names.map((name, k) => [name, probabilities[k]!])),
    };
  });
  return { ...told, predictions };
}

async function scored(
  { architecture, context, features, text }: ModelFile,
  parameters: Float32Array<ArrayBuffer>,
  records: Record<string, string>[],
): Promise<Float64Array> {
  if (!text) {
    const { columns } = readFeatures(records, features);
    return predict(architecture, parameters, encodeFeatures(columns, { data: { features } }, context.normalisation));
  }
  if (!records[0] || !Object.hasOwn(records[0], text.column))
    throw new InputError("--data", `has no column ${text.column}`, "Name a file with the column that the model reads.");
  const file = readEncoderFile(await useLiteFile());
  const rows = new Tokens(file.tokenizer).rows(
    records.map((record) => cellOf(record, text.column)),
    text.tokens,
  );
  return predict(architecture, parameters, rows, frozenOf(file, useLiteTensors, architecture));
}
