import { expect, test } from "vitest";
import { asTask } from "../../shared/task-rules.ts";
import type { Gathered } from "../data/gather.ts";
import { parseFile } from "../data/read.ts";
import { readOwnData, TooFewRows, unnamedColumns, withNames } from "./own-data.ts";

const task = asTask({
  name: "own",
  purpose: "a small task for tests of what a person brings",
  data: {
    label: { column: "income", positive: "high", negative: "low" },
    features: [{ name: "marital_status", kind: "categorical", values: ["single", "married"] }],
  },
  model: {},
  privacy: { unit: "record", epsilon: 2, delta: 1e-5 },
  training: { rounds: 1, learningRate: 1 },
});
const gathered = (header: string, lines: readonly string[]): Gathered => ({
  fileName: "mine.csv",
  table: parseFile([header, ...lines].join("\n"), task),
  images: new Map(),
});
const lines = Array.from({ length: 12 }, (_, i) => `${i % 2 ? "single" : "married"},${i % 3 ? "low" : "high"},Ann`);
const read = (own: Gathered) => readOwnData(task, own, new Uint8Array(32).fill(7), undefined, () => {});

test("columns by other names are to be named, with a guess; once they are, the file is as any", async () => {
  const own = gathered("Marital Status,class,name", lines);
  const match = unnamedColumns(own, task)!;
  expect(match.missing.toSorted()).toEqual(["income", "marital_status"]);
  expect(match.guesses).toEqual({ marital_status: "Marital Status" });
  expect(match.candidates.find(({ column }) => column === "class")!.cells).toEqual(["high", "low", "low"]);
  const named = withNames(own, { marital_status: "Marital Status", income: "class" });
  expect(unnamedColumns(named, task)).toBeUndefined();
  const { rows, portions, summary } = await read(named);
  expect(rows.count).toBe(12);
  expect(portions.train.length + portions.heldBack.length).toBe(12);
  expect(summary.droppedColumns).toEqual(["name"]);
});

test("a file with too few columns to name is refused by what it lacks, not by a question", () => {
  expect(unnamedColumns(gathered("class", ["high"]), task)).toBeUndefined();
});

test("what its owner is shown has no column that the task does not name, and problems by the file's own rows", async () => {
  const own = gathered("marital_status,income,name", ["single", "widowed,low,Bob", ...lines]);
  const { summary } = await read(own);
  expect(summary.preview.columns).toEqual(["marital_status", "income"]);
  expect(summary.preview.rows.flat()).not.toContain("Ann");
  expect(summary.problems).toMatchObject([
    { row: 1, code: "ragged-row" },
    { row: 2, column: "marital_status", found: "widowed" },
  ]);
});

test("fewer rows than a batch needs are refused, with how many there are", async () => {
  const few = read(gathered("marital_status,income", ["single,low", "married,high"]));
  await expect(few).rejects.toThrow(TooFewRows);
  await expect(few).rejects.toMatchObject({ rows: 2, minimum: 10 });
});
