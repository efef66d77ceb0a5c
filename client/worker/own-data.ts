/** What a person chose, as the task reads it: its rows, which of them are held back, and what their owner is shown of both. */
import { anonymityOf, bandsOf, dropIdentifiers } from "../../shared/data/anonymise.ts";
import { imageOf } from "../../shared/data/images.ts";
import { splitHeldBack } from "../../shared/data/portions.ts";
import { neededColumns, readRows, type TypedRows } from "../../shared/data/rows.ts";
import type { Catalogue } from "../../shared/recommend/catalogue.ts";
import type { Task } from "../../shared/task.ts";
import type { Gathered } from "../data/gather.ts";
import { matchColumns } from "../data/match.ts";
import type { ColumnMatch, DataSummary } from "./snapshot.ts";

/** A tab with fewer rows would give a batch of nobody in most rounds. */
const fewestRows = 10;
const previewRows = 5;
const previewImages = 12;
const shownProblems = 20;
const shownCells = 3;

export interface OwnData {
  rows: TypedRows;
  portions: { train: Uint32Array; heldBack: Uint32Array };
  summary: DataSummary;
}

export class TooFewRows extends Error {
  readonly minimum = fewestRows;
  constructor(readonly rows: number) {
    super(`${rows} rows could be read`);
  }
}

/** Columns to be named by hand, where a file has as many as the task needs, under other names. */
export function unnamedColumns({ fileName, table }: Gathered, task: Task): ColumnMatch | undefined {
  const { columns, records } = table;
  const needed = neededColumns(task);
  const missing = needed.filter((column) => !columns.includes(column));
  const spare = columns.filter((column) => !needed.includes(column));
  if (missing.length === 0 || spare.length < missing.length) return undefined;
  return {
    fileName,
    missing,
    guesses: Object.fromEntries(matchColumns(missing, spare)),
    candidates: spare.map((column) => ({
      column,
      cells: records.slice(0, shownCells).map((record) => record[column] ?? ""),
    })),
  };
}

/** @param named needed column → the file's */
export function withNames({ table, ...rest }: Gathered, named: Record<string, string>): Gathered {
  const own = new Map(Object.entries(named).map(([needed, column]) => [column, needed]));
  const rename = (column: string) => own.get(column) ?? column;
  const records = table.records.map((record) =>
    Object.fromEntries(Object.entries(record).map(([column, cell]) => [rename(column), cell])),
  );
  return { ...rest, table: { ...table, records, columns: table.columns.map(rename) } };
}

/**
 * @param portionKey draws which rows are held back @param catalogue of a task with items
 * @param onDecoding told of how many images are read
 * @throws TooFewRows @throws InputError for what cannot be read at all
 */
export async function readOwnData(
  task: Task,
  { fileName, table, images }: Gathered,
  portionKey: Uint8Array,
  catalogue: Catalogue | undefined,
  onDecoding: (done: number, total: number) => void,
): Promise<OwnData> {
  const { columns, ragged, rowOf } = table;
  const anonymity = anonymityOf(table.records, task.data.quasiIdentifiers, bandsOf(task));
  const { records: named, dropped } = dropIdentifiers(table.records, task);
  const records = await withPixels(named, images, task, onDecoding);
  const { rows: read, problems } = readRows(records, task);
  if (read.count < fewestRows) throw new TooFewRows(read.count);
  const rows = catalogue ? (await import("../../shared/recommend/choices.ts")).knownChoices(read, catalogue) : read;
  const portions = splitHeldBack(rows, task.data.heldBack, portionKey);
  const kept = columns.filter((column) => !dropped.includes(column));
  const found = [
    ...ragged.map((row) => ({ row, column: "", code: "ragged-row" as const, found: "" })),
    ...problems.map((problem) => ({ ...problem, row: rowOf[problem.row - 1]! })),
  ].sort((a, b) => a.row - b.row);
  const summary = {
    fileName,
    rows: read.count,
    heldBack: portions.heldBack.length,
    ...(catalogue && { choices: understood(rows, portions.heldBack, catalogue) }),
    problems: found.slice(0, shownProblems),
    problemCount: found.length,
    droppedColumns: dropped,
    preview: { columns: kept, rows: previewOf(records, task).map((r) => kept.map((c) => r[c] ?? "")) },
    anonymity,
  };
  return { rows, portions, summary };
}

/** Of a task that reads images, in the place of their names the images themselves. */
async function withPixels(
  records: Record<string, string>[],
  images: Gathered["images"],
  { data }: Task,
  onDecoding: (done: number, total: number) => void,
): Promise<Record<string, string>[]> {
  if (!data.images) return records;
  const { fillImages } = await import("../data/pixels.ts");
  return fillImages(records, images, data.images, (done) => onDecoding(done, records.length));
}

/** The first rows; of images some from all over, since they come label by label. */
function previewOf(records: Record<string, string>[], { data: { images } }: Task): Record<string, string>[] {
  if (!images) return records.slice(0, previewRows);
  const seen = records.filter((record) => imageOf(record[images.column] ?? "", images));
  const shown = Math.min(previewImages, seen.length);
  return Array.from({ length: shown }, (_, i) => seen[Math.floor((i * seen.length) / shown)]!);
}

/** Of choices: what the tab made of them, for their owner to see. */
function understood({ count, choices }: TypedRows, heldBack: Uint32Array, { places, titles }: Catalogue) {
  return { known: count, last: titles[places.get(choices!.items[heldBack[0]!]!)!]! };
}
