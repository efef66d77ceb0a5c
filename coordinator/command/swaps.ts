/** `murmur swaps`: what a model of texts makes of the same texts with the terms of two groups swapped. */
import Papa from "papaparse";
import { cellOf, wordsOf } from "../../shared/data/rows.ts";
import { InputError } from "../../shared/errors.ts";
import { readModelFile } from "../../shared/model-file.ts";
import { checkPairs, type Effect, type Pair, type SwapReport, swapReport, swapTerms } from "../../shared/text/swaps.ts";
import { modelAt, type Place, recordsOf } from "./model-at.ts";
import { predictionsOf } from "./predict.ts";

export interface Swaps extends SwapReport {
  run: string;
  modelHash: string;
  /** By row of the file, counted from 1 */
  effects: (Effect & { row: number; swapped: string })[];
}

/** @param terms a pair a line, as «he,she» */
export function readPairs(terms: string): Pair[] {
  const { data } = Papa.parse<string[]>(terms.trim(), { skipEmptyLines: "greedy", comments: "#" });
  const pairs = data.map((line): Pair => [line[0]?.trim() ?? "", line[1]?.trim() ?? ""]);
  checkPairs(pairs);
  return pairs;
}

/** @throws InputError for a model that reads no texts, or a file without any of the terms */
export async function swapRows(data: string, terms: string, place: Place, encoders: string): Promise<Swaps> {
  const pairs = readPairs(terms);
  const model = await readModelFile(await modelAt(place));
  const { text, label } = model.file;
  if (!text) throw new InputError("--run", "is a model that reads no texts", "Name one of a task with `data.text`.");
  const texts = recordsOf(data).map((record) => cellOf(record, text.column));
  const swapped = swapTerms(texts, pairs);
  if (swapped.length === 0)
    throw new InputError("--data", `has none of the terms in its column ${text.column}`, "Add terms that it has.");
  const rows = swapped.flatMap(({ from, text }) => [texts[from]!, text]);
  // Of names, no tags are given: words alone.
  const records = rows.map((row) => ({ [text.column]: "entities" in label ? wordsOf(row).join(" ") : row }));
  const { run, modelHash, predictions } = await predictionsOf(model, Papa.unparse(records), encoders);
  const effects = swapped.map(({ from, text: now, had }, i) => {
    const effect = effectOf(predictions[2 * i]!, predictions[2 * i + 1]!);
    return { row: from + 1, had, ...effect, swapped: now };
  });
  return { run, modelHash, ...swapReport(effects), effects };
}

type Prediction = Awaited<ReturnType<typeof predictionsOf>>["predictions"][number];

function effectOf(before: Prediction, after: Prediction): Omit<Effect, "had"> {
  if ("tags" in before && "tags" in after) return { changed: before.tags.join() !== after.tags.join() };
  if ("logit" in before && "logit" in after)
    return { before: before.probability, after: after.probability, changed: before.selected !== after.selected };
  if ("outcome" in before && "outcome" in after)
    return {
      before: before.probability,
      after: after.outcomes[before.outcome]!,
      changed: before.outcome !== after.outcome,
    };
  throw new Error("a model answers alike for each row");
}
