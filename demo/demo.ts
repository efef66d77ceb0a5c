/**
 * The main job by itself: a coordinator, a browser with one tab for each participant, and the same task twice, first
 * without and then with its fairness penalty. The tabs are real: each has its own storage, its own key and its own file.
 */
import { readFileSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import Papa from "papaparse";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright";
import { fetchData } from "../coordinator/command/data.ts";
import { splitByColumn, splitEvenly } from "../coordinator/command/partition.ts";
import { projectRoot } from "../coordinator/command/project-root.ts";
import { roundLine, writeDocuments } from "../coordinator/command/runs-client.ts";
import { type Server, serve } from "../coordinator/command/serve.ts";
import { exportModel } from "../coordinator/export/model.ts";
import type { Run } from "../coordinator/run.ts";
import { findBrowser, launchArguments } from "../setup/browser.mjs";
import type { PrivacyUnit } from "../shared/cohort.ts";
import { encodeFeatures } from "../shared/data/features.ts";
import { readRows } from "../shared/data/rows.ts";
import { InputError } from "../shared/errors.ts";
import { cellsOf } from "../shared/fairness/histogram.ts";
import { fairnessMetrics } from "../shared/fairness/metrics.ts";
import { architectureOf, inputWidth } from "../shared/model.ts";
import { predict } from "../shared/predict.ts";
import type { Task } from "../shared/task.ts";
import { readTaskFile } from "../shared/task-file.ts";
import { asTask } from "../shared/task-rules.ts";
import {
  logisticRegression,
  majorityAccuracy,
  type Quality,
  qualityOf,
  topThreshold,
  trainCentrally,
} from "./baseline.ts";

type Records = Record<string, string>[];

export interface DemoOptions {
  taskFile?: string;
  participants?: number;
  rounds?: number;
  dropout?: number;
  seed?: number;
  onProgress: (line: string) => void;
}

export interface DemoResult extends Quality {
  run: string;
  rounds: number;
  participants: number;
  dropped: number;
  baseline: { majority: number; central: Quality; withoutPenalty: Quality };
  epsilon: number;
  delta: number;
  unit: PrivacyUnit;
  /** On the test rows, which no participant holds: without the penalty, and with it */
  fairness: Record<string, { before: number; after: number }>;
  seconds: number;
  /** Null when a gate holds the model back: then it does not leave the coordinator */
  model: string | null;
  report: string;
  ledger: string;
}

/** Data of the demo's tasks, by the task's name, and the column that makes its participants differ. */
const dataOf: Record<string, { data: string; by: string }> = {
  bank: { data: "bank", by: "job" },
  adult: { data: "adult", by: "workclass" },
};

/** Tabs are closed this far into a run, and come back. */
const dropoutAt = 1 / 3;

/** A page of one of a dozen tabs on two cores may take its time, ms. */
const patienceMs = 120_000;

const defaultParticipants = 12;
const defaultDropout = 2;

export async function demo(options: DemoOptions): Promise<DemoResult> {
  const began = Date.now();
  const { onProgress, seed = 1, participants = defaultParticipants } = options;
  const task = taskOf(options, participants);
  const source = dataOf[task.name];
  if (!source)
    throw new InputError(
      "--task",
      `«${task.name}» has no demonstration data`,
      `Use a task named ${Object.keys(dataOf).join(" or ")}.`,
    );
  const folder = join(process.cwd(), "murmur-data");
  await mkdir(folder, { recursive: true });
  const data = await fetchData(source.data, { cacheDir: join(folder, "cache") });
  const train = recordsOf(data.path);
  const test = recordsOf(data.testPath);
  const parts = partsOf(train, source.by, participants);

  const files = await mkdtemp(join(tmpdir(), "murmur-demo-"));
  const csv = await Promise.all(
    parts.map(async (part, i) => {
      const file = join(files, `participant-${i + 1}.csv`);
      await writeFile(file, Papa.unparse(part));
      return file;
    }),
  );
  onProgress(
    `${data.rows} rows of ${data.name} are split by ${source.by} among ${participants} participants; ${test.length} test rows stay aside`,
  );

  const server = await serve({ port: 0, dataDir: join(folder, "demo") });
  let browser: Browser | undefined;
  try {
    browser = await chromium.launch({ executablePath: await findBrowser({ install: true }), args: launchArguments() });
    onProgress(`the coordinator is at ${server.url}; opening ${participants} tabs`);
    const contexts = await Promise.all(csv.map(() => browser!.newContext()));
    const show = { server, contexts, csv, onProgress, dropout: options.dropout ?? defaultDropout };

    const plain = asTask({ ...task, fairness: { ...task.fairness, penalty: "none", weights: "none" }, gates: [] });
    onProgress("first without the fairness penalty, for comparison (a run of its own, with an ε of its own)");
    const before = await runOnce(show, plain, seed);
    onProgress("now with the fairness penalty");
    const after = await runOnce(show, task, seed + 1);

    const measured = { before: measure(before.run, test), after: measure(after.run, test) };
    const central = centralQuality(after.run, train, test);
    const out = join(folder, "demo", after.run.id);
    const written = await writeOut(server, after.run, out, onProgress);
    const { privacy } = after.run.detail();
    return {
      run: after.run.id,
      rounds: after.run.records.filter((r) => r.state === "finished").length,
      participants,
      dropped: before.dropped + after.dropped,
      ...measured.after.quality,
      baseline: { majority: measured.after.majority, central, withoutPenalty: measured.before.quality },
      epsilon: privacy.epsilon,
      delta: privacy.delta,
      unit: privacy.unit,
      fairness: Object.fromEntries(
        Object.entries(measured.after.gaps).map(([name, gap]) => [
          name,
          { before: measured.before.gaps[name]!, after: gap },
        ]),
      ),
      seconds: Math.round((Date.now() - began) / 1000),
      ...written,
    };
  } finally {
    await browser?.close();
    await server.close();
    await rm(files, { recursive: true, force: true });
  }
}

function taskOf(options: DemoOptions, participants: number): Task {
  const file = options.taskFile ?? join(projectRoot, "tasks/bank.yaml");
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch {
    throw new InputError("--task", `${file} cannot be read`, "Name a task file, such as tasks/bank.yaml.");
  }
  const task = readTaskFile(text, basename(file));
  return asTask({
    ...task,
    training: { ...task.training, rounds: options.rounds ?? task.training.rounds },
    cohort: { ...task.cohort, maximum: participants },
  });
}

function recordsOf(file: string): Records {
  return Papa.parse<Record<string, string>>(readFileSync(file, "utf8"), { header: true, skipEmptyLines: true }).data;
}

/** Unlike parts by a column where it has as many values as there are participants, else even ones. */
function partsOf(records: Records, column: string, participants: number): Records[] {
  const parts = [...splitByColumn(records, column).values()];
  return parts.length === participants ? parts : splitEvenly(records, participants);
}

interface Show {
  server: Server;
  contexts: BrowserContext[];
  csv: string[];
  dropout: number;
  onProgress: (line: string) => void;
}

/** One run from its launch to its end, with every tab in it. */
async function runOnce(show: Show, task: Task, seed: number): Promise<{ run: Run; dropped: number }> {
  const { server, contexts, csv, onProgress } = show;
  const run = await server.coordinator.launchTask(task, seed);
  const { invitation, roundsPlanned } = run.detail();
  const pages = await Promise.all(contexts.map((context, i) => joinRun(context, invitation, csv[i]!)));

  const leaveIn = 1 + Math.max(1, Math.round(task.training.rounds * dropoutAt));
  let said = 0;
  let left = false;
  let back: Promise<unknown> = Promise.resolve();
  const over = new Promise<void>((resolve) => {
    server.coordinator.onRunChange = (detail) => {
      if (detail.run !== run.id) return;
      for (const record of detail.rounds.slice(said)) onProgress(roundLine(record, roundsPlanned));
      said = detail.rounds.length;
      if (!left && show.dropout > 0 && detail.current?.round === leaveIn && detail.current.phase === "shares") {
        left = true;
        // The seed says who leaves: neighbours on the circle of participants.
        const leaving = Array.from(
          { length: Math.min(show.dropout, pages.length) },
          (_, i) => (seed + i) % pages.length,
        );
        onProgress(
          `participants ${leaving.map((i) => i + 1).join(" and ")} close their tabs in the middle of round ${leaveIn}`,
        );
        back = Promise.all(
          leaving.map(async (i) => {
            await pages[i]!.close();
            pages[i] = await joinRun(contexts[i]!, invitation, csv[i]!);
          }),
        ).catch((error: Error) => onProgress(`a tab did not come back: ${error.message}`));
      }
      if (run.isOver) resolve();
    };
  });
  await over;
  await run.start();
  await back;
  const { state, reason } = run.detail();
  onProgress(`the run is ${state}: ${reason}`);
  if (state !== "finished") throw new Error(`the run is ${state}: ${reason}`);
  await Promise.all(pages.map((page) => page.close()));
  const dropped = run.records.reduce((sum, r) => sum + Object.values(r.dropped).reduce((a, b) => a + b, 0), 0);
  return { run, dropped };
}

/** What a person does: opens the invitation, chooses a file, reads, consents. */
async function joinRun(context: BrowserContext, invitation: string, file: string): Promise<Page> {
  const page = await context.newPage();
  page.setDefaultTimeout(patienceMs);
  await page.goto(invitation);
  await page.getByTestId("file").setInputFiles(file);
  await page.getByTestId("consent").click();
  return page;
}

/** The released model on rows that no participant holds. Only a demonstration can do this: its data are public. */
function measure(run: Run, test: Records): { quality: Quality; majority: number; gaps: Record<string, number> } {
  const { task } = run;
  const { rows } = readRows(test, task);
  const logits = predict(architectureOf(task), run.parameters, encodeFeatures(rows, task, run.normalisation!));
  const { topShare, threshold } = task.fairness;
  const above = topShare === undefined ? Math.log(threshold / (1 - threshold)) : topThreshold(logits, topShare);
  const { attribute, groups } = task.fairness;
  const gaps: Record<string, number> = {};
  if (attribute !== undefined) {
    const cells = cellsOf(task);
    const perRow = rows.cells.length / rows.count;
    const groupOf = (row: number) =>
      Array.from(rows.cells.subarray(row * perRow, (row + 1) * perRow), (cell) => cells[cell]).find(
        (cell) => cell?.attribute === attribute && (!groups || groups.includes(cell.group)),
      )?.group ?? null;
    const metrics = fairnessMetrics({
      yTrue: Array.from(rows.labels),
      score: Array.from(logits),
      groups: Array.from(rows.labels, (_, row) => groupOf(row)),
      threshold: above,
    });
    for (const name of ["demographicParityDifference", "equalizedOddsDifference", "aucGap"] as const)
      if (metrics[name] !== null) gaps[name] = metrics[name];
  }
  return { quality: qualityOf({ logits, labels: rows.labels }), majority: majorityAccuracy(rows.labels), gaps };
}

/** Central logistic regression without privacy, on the same features. */
function centralQuality(run: Run, train: Records, test: Records): Quality {
  const { task } = run;
  const architecture = logisticRegression(inputWidth(task));
  const learn = readRows(train, task).rows;
  const parameters = trainCentrally(architecture, encodeFeatures(learn, task, run.normalisation!), learn.labels);
  const judge = readRows(test, task).rows;
  return qualityOf({
    logits: predict(architecture, parameters, encodeFeatures(judge, task, run.normalisation!)),
    labels: judge.labels,
  });
}

async function writeOut(
  server: Server,
  run: Run,
  out: string,
  onProgress: (line: string) => void,
): Promise<Pick<DemoResult, "model" | "report" | "ledger">> {
  await mkdir(out, { recursive: true });
  let model: string | null = join(out, "model.json");
  try {
    const { bytes } = await exportModel(server.coordinator, run, "json");
    await writeFile(model, bytes);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    onProgress(error.message);
    model = null;
  }
  await writeDocuments(out, run.id, await server.coordinator.exportLedger());
  return { model, report: join(out, "compliance.html"), ledger: join(out, "ledger.json") };
}
