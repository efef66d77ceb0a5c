/** Commands that speak to a serving coordinator over its API. */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { toHex } from "../../shared/canonical.ts";
import { InputError } from "../../shared/errors.ts";
import { type ShareOverRuns, shareOverRuns } from "../../shared/fairness/class-share.ts";
import type { Decision, Statement } from "../../shared/governance/review.ts";
import { checkLedger, type LedgerFile } from "../../shared/ledger/file.ts";
import { signBody } from "../../shared/round/signed.ts";
import { isOver, type RunDetail, type RunSummary } from "../../shared/run-record.ts";
import { taskHash } from "../../shared/task.ts";
import { readTaskFile } from "../../shared/task-file.ts";
import { asTask } from "../../shared/task-rules.ts";
import { type Tracker, track } from "../export/tracking.ts";
import { documentsOf } from "../governance/documents.ts";
import { existingOperatorKey, readIdentity } from "../store/keys.ts";
import { secretFrom } from "./secret.ts";

interface Address {
  /** e.g. http://localhost:8787 */
  coordinator: string;
}

/** How often a run is looked at while it is watched, ms. */
const lookEveryMs = 500;

async function call(address: Address, path: string, body?: object, method?: "DELETE"): Promise<Response> {
  const key = secretFrom("MURMUR_OPERATOR_KEY") ?? existingOperatorKey("./murmur-data");
  // A reviewer is known by a signature, not by the operator's key.
  if (key === undefined && !path.startsWith("/api/reviews/")) {
    throw new InputError(
      "MURMUR_OPERATOR_KEY",
      "is not set, and ./murmur-data holds no operator.key",
      "Set it to the key that `serve` printed.",
    );
  }
  const url = new URL(path, address.coordinator);
  const response = await fetch(url, {
    method: method ?? (body === undefined ? "GET" : "POST"),
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  }).catch(() => {
    throw new InputError(
      "--coordinator",
      `${address.coordinator} does not answer`,
      "Start it with `murmur serve`, or correct the address.",
    );
  });
  if (response.ok) return response;
  const answer = (await response.json().catch(() => ({}))) as {
    error?: { field: string; problem: string; fix: string };
  };
  const { field = "--coordinator", problem = `answered ${response.status}`, fix = "See its log." } = answer.error ?? {};
  throw new InputError(field, problem, fix);
}

const json = async <T>(response: Promise<Response>): Promise<T> => (await response).json() as Promise<T>;

const runPath = (run: string, rest = "") => `/api/runs/${encodeURIComponent(run)}${rest}`;

/** The task is checked here first, so that its errors name the file, the line and the column. */
export async function launch(options: Address & { taskFile: string }): Promise<RunDetail> {
  const yaml = await readFile(options.taskFile, "utf8").catch(() => {
    throw new InputError("TASK", `${options.taskFile} cannot be read`, "Name a task file, such as tasks/bank.yaml.");
  });
  readTaskFile(yaml, basename(options.taskFile));
  return json(call(options, "/api/runs", { yaml }));
}

/** Signs a reviewer's decision about a run as it stands at the coordinator, and hands it in. */
export async function review(
  options: Address & { run: string; keyFile: string; decision: Decision; reasons: string },
): Promise<RunDetail> {
  const identity = await readIdentity(options.keyFile, "Name the file that `murmur review-key` wrote.");
  const path = `/api/reviews/${encodeURIComponent(options.run)}`;
  const { run, task, modelHash } = await json<Pick<RunDetail, "run" | "task" | "modelHash">>(call(options, path));
  const body: Statement = {
    run,
    // Computed here: what is signed is the task that was read, not what the coordinator calls it.
    taskHash: await taskHash(asTask(task)),
    reviewer: toHex(identity.publicKey),
    decision: options.decision,
    ...(options.decision === "except" && { modelHash }),
    reasons: options.reasons,
    at: new Date().toISOString(),
  };
  return json(call(options, path, await signBody("review", body, identity)));
}

export const list = (options: Address): Promise<RunSummary[]> => json(call(options, "/api/runs"));

/** A class's share in every finished run of a task, the oldest first. @throws InputError where no run tells it */
export async function trendOf(
  options: Address & { name: string; class: string; tolerance: number },
): Promise<ShareOverRuns> {
  const runs = (await list(options)).filter(({ name, state }) => name === options.name && state === "finished");
  runs.sort((a, b) => a.createdAt.localeCompare(b.createdAt));
  if (runs.length === 0)
    throw new InputError("task", `«${options.name}» has no finished run`, "Name a task as `murmur list` shows it.");
  const details = await Promise.all(runs.map(({ run }) => json<RunDetail>(call(options, runPath(run)))));
  const told = shareOverRuns(details, options.class, options.tolerance);
  if (told.shares.length === 0)
    throw new InputError(
      "--class",
      `«${options.class}» has a share in no run of «${options.name}» that noise leaves anything of`,
      "Name a class of a task that tells more than two apart.",
    );
  return told;
}

export const stop = (options: Address & { run: string }): Promise<RunDetail> =>
  json(call(options, runPath(options.run, "/stop"), {}));

/** @returns links for one participant each */
export const invite = (options: Address & { run: string; count: number }): Promise<{ invitations: string[] }> =>
  json(call(options, runPath(options.run, "/invitations"), { count: options.count }));

/** @returns the runs that knew the participant */
export const erase = (options: Address & { identity: string }): Promise<{ runs: string[] }> =>
  json(call(options, `/api/participants/${encodeURIComponent(options.identity)}`, undefined, "DELETE"));

/** Follows a run until it is over; says each round once. */
export async function watch(
  options: Address & { run: string; onProgress: (line: string) => void },
): Promise<RunDetail> {
  let said = 0;
  let waiting = false;
  for (;;) {
    const run = await json<RunDetail>(call(options, runPath(options.run)));
    for (const record of run.rounds.slice(said)) options.onProgress(roundLine(record, run.roundsPlanned));
    said = run.rounds.length;
    if (run.state === "waiting" && !waiting)
      options.onProgress(`waiting for participants (${run.connected} here): ${run.invitation}`);
    waiting = run.state === "waiting";
    if (isOver(run.state)) return run;
    await new Promise((resolve) => setTimeout(resolve, lookEveryMs));
  }
}

/** One round for the eye. */
export function roundLine(record: RunDetail["rounds"][number], planned: number): string {
  const head = `round ${String(record.round).padStart(String(planned).length)}/${planned} ${record.question.padEnd(8)}`;
  if (record.state === "aborted") return `${head} ended with nothing revealed: ${record.reason}`;
  const lost = Object.entries(record.dropped).map(([reason, count]) => `${count} ${reason}`);
  const { metrics, privacy } = record;
  return [
    head,
    `${record.survivors} of ${record.cohort} participants${lost.length > 0 ? ` (${lost.join(", ")})` : ""}`,
    ...(metrics
      ? [
          `AUC ${metrics.auc.toFixed(3)}`,
          ...Object.entries(metrics.gaps).map(([name, gap]) => `gap ${name} ${gap.toFixed(3)}`),
        ]
      : []),
    `ε ${privacy.epsilon.toFixed(3)} (${privacy.unit}, δ ${privacy.delta})`,
  ].join("  ");
}

/** The model as a file. @returns its path */
export async function exportModel(options: Address & { run: string; format: string; out: string }): Promise<string[]> {
  const bytes = new Uint8Array(
    await (await call(options, runPath(options.run, `/model?format=${options.format}`))).arrayBuffer(),
  );
  await mkdir(options.out, { recursive: true });
  const file = join(options.out, options.format === "json" ? "model.json" : `model.${options.format}`);
  await writeFile(file, bytes);
  return [file];
}

/** The model as JSON, as a file of it would be. */
export const fetchModel = (options: Address & { run: string }): Promise<unknown> =>
  json(call(options, runPath(options.run, "/model?format=json")));

/** @returns the files' paths */
export async function trackRuns(
  options: Address & { runs?: string[]; format: Tracker; out: string },
): Promise<string[]> {
  const names = options.runs ?? (await list(options)).map(({ run }) => run);
  const details = await Promise.all(names.map((name) => json<RunDetail>(call(options, runPath(name)))));
  const paths: string[] = [];
  for (const [name, content] of Object.entries(track(details, options.format))) {
    const path = join(options.out, name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, content);
    paths.push(path);
  }
  return paths;
}

/** All that is written about a run, made here from its ledger, as `murmur verify` takes it. @returns the files' paths */
export async function report(options: Address & { run: string; out: string }): Promise<string[]> {
  // A run that is not there is named before an empty report of it is written.
  await call(options, runPath(options.run));
  return writeDocuments(
    options.out,
    options.run,
    await json<LedgerFile>(call(options, runPath(options.run, "/ledger"))),
  );
}

export async function writeDocuments(out: string, run: string, ledger: LedgerFile): Promise<string[]> {
  await mkdir(out, { recursive: true });
  const files = {
    ...documentsOf(run, ledger.checkpoint, await checkLedger(ledger)),
    "ledger.json": `${JSON.stringify(ledger)}\n`,
  };
  return Promise.all(
    Object.entries(files).map(async ([name, text]) => {
      await writeFile(join(out, name), text);
      return join(out, name);
    }),
  );
}
