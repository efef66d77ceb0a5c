/** `murmur predict`: a model on the rows of a file, which stay on this machine; of texts with their encoder, on the processor. */
import { concatBytes } from "@noble/hashes/utils.js";
import { encodeFeatures } from "../../shared/data/features.ts";
import { imageOf, pixelInputs } from "../../shared/data/images.ts";
import { cellOf, outcomesOf, readFeatures, wordsOf } from "../../shared/data/rows.ts";
import { InputError, invariant } from "../../shared/errors.ts";
import { likeliest } from "../../shared/fairness/class-figures.ts";
import { type ModelFile, readModelFile } from "../../shared/model-file.ts";
import { outcomeProbabilities, predict } from "../../shared/predict.ts";
import { conllRecords, isConll } from "../../shared/text/conll.ts";
import { frozenOf, readEncoderFile } from "../../shared/text/encoder-file.ts";
import { likeliestTags } from "../../shared/text/tags.ts";
import { Tokens } from "../../shared/text/tokens.ts";
import { encoderBytes, encodersFolder } from "../text/encoders.ts";
import { modelAt, type Place, recordsOf } from "./model-at.ts";

export interface Predictions {
  run: string;
  modelHash: string;
  /** Logit above which the task's rule selects; of classes it says nothing */
  threshold: number;
  /** Rows are counted from 1; of two outcomes the probability is the positive one's */
  predictions: (
    | { row: number; probability: number; logit: number; selected: boolean }
    | { row: number; probability: number; outcome: string; outcomes: Record<string, number> }
    /** Of names: the words' tags, and as given where the file has some */
    | { row: number; words: string[]; tags: string[]; given?: string[] }
  )[];
}

/**
 * @param encoders folder of those that were brought in
 * @throws InputError for a file without the model's columns
 */
export async function predictRows(
  text: string,
  place: Place,
  encoders = encodersFolder("murmur-data"),
): Promise<Predictions> {
  return predictionsOf(await readModelFile(await modelAt(place)), text, encoders);
}

/** @param text of the file */
export async function predictionsOf(
  { file, parameters }: Awaited<ReturnType<typeof readModelFile>>,
  text: string,
  encoders: string,
): Promise<Predictions> {
  const { run, modelHash, context, label } = file;
  if (file.items)
    throw new InputError(
      "--run",
      "is a model that recommends items, and this reads rows",
      "Ask it on the participant's page.",
    );
  const told = { run, modelHash, threshold: context.threshold };
  if ("entities" in label) return { ...told, predictions: await tagged(file, parameters, text, encoders) };
  const logits = await scored(file, parameters, recordsOf(text), encoders);
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

/** @param data CSV with the text's column, or words a line as CoNLL has them */
async function tagged(
  { architecture, text, label, encoder }: ModelFile,
  parameters: Float32Array<ArrayBuffer>,
  data: string,
  encoders: string,
): Promise<Extract<Predictions["predictions"][number], { words: unknown }>[]> {
  invariant(text && encoder, "a model of names reads texts");
  const columns = { text: text.column, label: label.column };
  const records: Record<string, string>[] = isConll(data) ? conllRecords(data, columns).records : recordsOf(data);
  needColumn(records, text.column);
  const file = readEncoderFile(await encoderBytes(encoders, encoder.sha256));
  const words = records.map((record) => wordsOf(cellOf(record, text.column)));
  const { rows, starts } = new Tokens(file.tokenizer).wordRows(words, text.tokens);
  const logits = predict(architecture, parameters, rows, frozenOf(file, architecture));
  const counts = words.map(({ length }) => length);
  return likeliestTags(outcomesOf(label), logits, starts, counts).map((tags, i) => {
    const given = wordsOf(cellOf(records[i]!, label.column));
    return { row: i + 1, words: words[i]!, tags, ...(given.length === tags.length && { given }) };
  });
}

function needColumn(records: Record<string, string>[], column: string): void {
  if (!records[0] || !Object.hasOwn(records[0], column))
    throw new InputError("--data", `has no column ${column}`, "Name a file with the column that the model reads.");
}

async function scored(
  { architecture, context, features, text, images, encoder }: ModelFile,
  parameters: Float32Array<ArrayBuffer>,
  records: Record<string, string>[],
  encoders: string,
): Promise<Float64Array> {
  if (images) {
    needColumn(records, images.column);
    const pixels = records.map((record, i) => {
      const image = imageOf(cellOf(record, images.column), images);
      if (image) return image;
      const size = `${images.width} × ${images.height} × ${images.channels}`;
      throw new InputError("--data", `has no image of ${size} in row ${i + 1}`, "Write its pixels in base64.");
    });
    return predict(architecture, parameters, pixelInputs(concatBytes(...pixels)));
  }
  if (!text) {
    const { columns } = readFeatures(records, features);
    return predict(architecture, parameters, encodeFeatures(columns, { data: { features } }, context.normalisation));
  }
  invariant(encoder, "a model of texts has an encoder");
  needColumn(records, text.column);
  const file = readEncoderFile(await encoderBytes(encoders, encoder.sha256));
  const rows = new Tokens(file.tokenizer).rows(
    records.map((record) => cellOf(record, text.column)),
    text.tokens,
  );
  return predict(architecture, parameters, rows, frozenOf(file, architecture));
}
