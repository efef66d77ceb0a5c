/**
 * A catalogue of items from a table of public texts: a frozen encoder reads each, and its first principal components over
 * the items are an item's vector. Nobody's data is in it.
 */
import { Float16Array } from "@petamoriken/float16";
import { EigenvalueDecomposition, Matrix } from "ml-matrix";
import Papa from "papaparse";
import { stringify } from "yaml";
import { cellOf, type TextRecord } from "../../shared/data/rows.ts";
import { InputError } from "../../shared/errors.ts";
import { type HalfTensor, safetensors } from "../export/safetensors.ts";
import { keepFile } from "../text/encoders.ts";
import { useLiteFile } from "../text/use-lite.ts";

/** Mean vectors of texts [texts, width]. @param room tokens of a text that are read */
export type ReadTexts = (
  texts: readonly string[],
  encoder: Uint8Array<ArrayBuffer>,
  room: number,
  onProgress: (done: number) => void,
) => Promise<Float32Array>;

const tokensRead = 32;

export interface CatalogueColumns {
  /** Names an item, as in the files of persons */
  id: string;
  /** What is shown of it */
  title: string;
  /** What is read of it, one behind the other */
  text: string[];
}

/**
 * @param csv with a header
 * @param width numbers of an item's vector
 * @returns what a task says of it
 * @throws InputError for columns that the file lacks, an item named twice, or fewer items than a vector has numbers
 */
export async function makeCatalogue(
  csv: string,
  { id, title, text }: CatalogueColumns,
  width: number,
  folder: string,
  read: ReadTexts,
  onProgress: (done: number, total: number) => void = () => {},
): Promise<{ sha256: string; path: string; items: number; yaml: string }> {
  const records = Papa.parse<TextRecord>(csv, { header: true, skipEmptyLines: true }).data;
  const lacking = [id, title, ...text].find((column) => !records[0] || !Object.hasOwn(records[0], column));
  if (lacking !== undefined)
    throw new InputError("file", `has no column ${lacking}`, "Name its columns with --id, --title and --text.");
  const ids = records.map((record) => cellOf(record, id));
  const twice = ids.find((one, i) => ids.indexOf(one) < i);
  if (twice !== undefined) throw new InputError("file", `names the item «${twice}» twice`, "Name each item once.");
  if (records.length <= width)
    throw new InputError("--width", `is ${width} for ${records.length} items`, "Use fewer numbers than items.");
  // What separates words of a list in a cell means nothing to an encoder of sentences.
  const texts = records.map((record) => text.map((column) => cellOf(record, column).replaceAll("|", ", ")).join(". "));
  const means = await read(texts, await useLiteFile(), tokensRead, (done) => onProgress(done, records.length));
  const vectors: HalfTensor = {
    name: "items",
    shape: [records.length, width],
    data: new Float16Array(componentsOf(means, records.length, width)),
  };
  const bytes = safetensors([vectors], {
    ids: JSON.stringify(ids),
    titles: JSON.stringify(records.map((record) => cellOf(record, title))),
  });
  const kept = await keepFile(bytes, folder);
  const items = { sha256: kept.sha256, count: records.length, width };
  return { ...kept, items: records.length, yaml: stringify({ items }) };
}

/** The first principal components, each brought to variance 1. @param rows [count, their width] */
export function componentsOf(rows: Float32Array, count: number, width: number): Float64Array {
  const full = rows.length / count;
  const mean = new Float64Array(full);
  rows.forEach((x, i) => {
    mean[i % full]! += x / count;
  });
  const covariance = new Float64Array(full * full);
  const centred = new Float64Array(full);
  for (let row = 0; row < count; row++) {
    for (let i = 0; i < full; i++) centred[i] = rows[row * full + i]! - mean[i]!;
    for (let i = 0; i < full; i++)
      for (let j = i; j < full; j++) covariance[i * full + j]! += (centred[i]! * centred[j]!) / count;
  }
  for (let i = 0; i < full; i++) for (let j = 0; j < i; j++) covariance[i * full + j] = covariance[j * full + i]!;
  const { realEigenvalues, eigenvectorMatrix } = new EigenvalueDecomposition(
    Matrix.from1DArray(full, full, covariance),
    { assumeSymmetric: true },
  );
  const first = realEigenvalues
    .map((value, i) => ({ value, i }))
    .sort((a, b) => b.value - a.value)
    .slice(0, width)
    .map(({ value, i }) => eigenvectorMatrix.getColumn(i).map((x) => (value > 0 ? x / Math.sqrt(value) : 0)));
  const components = new Float64Array(count * width);
  for (let row = 0; row < count; row++)
    first.forEach((direction, k) => {
      let sum = 0;
      for (let i = 0; i < full; i++) sum += direction[i]! * (rows[row * full + i]! - mean[i]!);
      components[row * width + k] = sum;
    });
  return components;
}
