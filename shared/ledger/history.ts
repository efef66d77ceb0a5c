/**
 * The rules of the log itself: what may follow what, for each run. A ledger that hashes and is signed can still tell a
 * story that cannot be true.
 */
import { hashOf } from "../canonical.ts";
import { isApproved, isReviewersOwn, type SignedStatement, standingOf } from "../governance/review.ts";
import { isSameNorm, nextClipNorm } from "../privacy/adaptive-clipping.ts";
import { asksFinalModel } from "../questions/question.ts";
import type { Result } from "../round/5-result.ts";
import { isWitnessed } from "../round/witnessed.ts";
import type { Task } from "../task.ts";
import { checkTask } from "../task-rules.ts";
import type { LedgerEntry } from "./entries.ts";

type Entry<K extends LedgerEntry["kind"]> = Extract<LedgerEntry, { kind: K }>;
type Statement = Entry<"charge">["privacy"];

interface RunSoFar {
  task: unknown;
  taskHash: string;
  launched: boolean;
  statements: SignedStatement[];
  /** Gates of the end that are not met */
  held: number;
  /** Rounds finished */
  finished: number;
  /** Attempts of the next round that ended with nothing revealed */
  aborted: number;
  open: Entry<"announcement"> | undefined;
  /** Of the attempt that is open */
  charged: boolean;
  spent: Statement | undefined;
  /** Clip norm of the next training round, where the task has it adaptive */
  clipNorm: number | undefined;
  /** The model in training, once a round has named it */
  training: string | undefined;
  /** The model that leaves: what `evaluate` measured, then what the run ended with */
  final: string | undefined;
  ended: boolean;
}

/** @returns every rule that is broken, naming the entry */
export async function checkHistory(entries: readonly LedgerEntry[]): Promise<string[]> {
  const problems: string[] = [];
  const runs = new Map<string, RunSoFar>();
  for (const [index, entry] of entries.entries()) {
    const wrong = (what: string) => problems.push(`entry ${index} (${entry.kind}): ${what}`);
    const run = runs.get(entry.run);
    if (entry.kind === "proposal" || entry.kind === "run") {
      if (run && (run.launched || entry.kind === "proposal"))
        wrong(`the run was ${run.launched ? "launched" : "proposed"} before`);
      if (run?.ended) wrong("the run was over");
      if ((await hashOf(entry.task)) !== entry.taskHash) wrong("the task does not hash to taskHash");
      const begun = run ?? newRun(entry);
      if (begun.taskHash !== entry.taskHash) wrong("another task was proposed");
      runs.set(entry.run, begun);
      if (entry.kind === "run") await launch(begun, entry, wrong);
    } else if (!run) wrong("its run was never launched");
    else if (entry.kind === "review") await review(run, entry, wrong);
    else if (entry.kind === "export") checkExport(run, entry, wrong);
    else if (run.ended) {
      if (entry.kind !== "withdrawal" && entry.kind !== "retention") wrong("the run was over");
    } else if (entry.kind === "retention") wrong("the run was not over");
    else if (!run.launched && entry.kind !== "end") wrong("its run was never launched");
    else if (entry.kind !== "withdrawal") {
      if (entry.kind === "round") await witnessed(run, entry, wrong);
      follow(run, entry, wrong);
    }
  }
  return problems;
}

const newRun = ({ task, taskHash }: Entry<"proposal" | "run">): RunSoFar => ({
  task,
  taskHash,
  launched: false,
  statements: [],
  held: 0,
  finished: 0,
  aborted: 0,
  open: undefined,
  charged: false,
  spent: undefined,
  clipNorm: firstClipNorm(task),
  training: undefined,
  final: undefined,
  ended: false,
});

/** The policy of a task that may not be one: promises.ts says what else is wrong with it. */
function policyOf(run: RunSoFar): { task: Task; policy: NonNullable<Task["review"]> } | undefined {
  const checked = checkTask(run.task);
  return "task" in checked && checked.task.review ? { task: checked.task, policy: checked.task.review } : undefined;
}

/** Every witness whom the task names has signed what came of the round. */
async function witnessed(run: RunSoFar, entry: Entry<"round">, wrong: (what: string) => void): Promise<void> {
  const checked = checkTask(run.task);
  const named = ("task" in checked && checked.task.witnesses) || [];
  const { rosterHash, sumHash, record, witnesses = [] } = entry;
  const announcementHash = run.open?.announcementHash ?? "";
  const { survivors, modelHash } = record;
  const body: Result = { announcementHash, rosterHash, survivors, sumHash, modelHash };
  for (const [i, witness] of named.entries())
    if (!(await isWitnessed("result", { body }, witness, witnesses[i] ?? "")))
      wrong(`its result is not signed by the witness ${witness}`);
}

async function launch(run: RunSoFar, entry: Entry<"run">, wrong: (what: string) => void): Promise<void> {
  run.launched = true;
  const reviewed = policyOf(run);
  if (!reviewed) return;
  const { approvals = [] } = entry;
  if (!(await isApproved(reviewed.task, entry, approvals))) wrong("its reviewers did not all approve it");
  const standing = standingOf(reviewed.policy, run.statements, Date.parse(entry.startedAt));
  if (standing.state !== "approved") wrong(`its review was ${standing.state}`);
}

async function review(run: RunSoFar, entry: Entry<"review">, wrong: (what: string) => void): Promise<void> {
  const reviewed = policyOf(run);
  const place = { run: entry.run, taskHash: run.taskHash };
  if (!reviewed || !(await isReviewersOwn(reviewed.task, place, entry.statement)))
    return wrong("it is not signed by a reviewer whom the task names");
  const { reviewer, at } = entry.statement.body;
  if (run.statements.some(({ body }) => body.reviewer === reviewer && body.at >= at))
    wrong("the reviewer said something later before");
  run.statements.push(entry.statement);
}

function checkExport(run: RunSoFar, entry: Entry<"export">, wrong: (what: string) => void): void {
  if (entry.modelHash !== run.final) wrong("it is not the model the run ended with");
  const policy = policyOf(run)?.policy;
  const standing = policy && standingOf(policy, run.statements, Date.parse(entry.at));
  if (standing && standing.state !== "approved") wrong(`its review was ${standing.state}`);
  if (run.held > 0 && !standing?.excepted.includes(entry.modelHash)) wrong("its gates held the model back");
}

function follow(
  run: RunSoFar,
  entry: Exclude<LedgerEntry, Entry<"proposal" | "review" | "withdrawal" | "retention" | "run" | "export">>,
  wrong: (what: string) => void,
): void {
  if (entry.kind === "end") {
    run.held = entry.gates.filter((gate) => gate.met !== true).length;
    if (isLess(entry.privacy, run.spent)) wrong("it states a smaller epsilon than was charged");
    if (run.final !== undefined && entry.modelHash !== run.final) wrong("it is not the model that was evaluated");
    run.final = entry.modelHash;
    run.ended = true;
    return;
  }
  if (entry.kind === "announcement") {
    if (run.open) wrong("the attempt before it never ended");
    if (entry.round !== run.finished + 1) wrong(`round ${run.finished + 1} was due`);
    else if (entry.attempt !== run.aborted + 1) wrong(`attempt ${run.aborted + 1} was due`);
    // The mean of the last models, which is asked about at the end, is named by no entry before.
    const due = asksFinalModel(entry.question) ? run.final : run.training;
    if (due !== undefined && entry.modelHash !== due) wrong("it is not the model of the round before");
    const dueNorm = entry.question === "train" ? run.clipNorm : undefined;
    if (!isNormDue(entry.clipNorm, dueNorm)) wrong("its clip norm is not the one that the rounds before it imply");
    run.open = entry;
    run.charged = false;
    return;
  }
  const { open } = run;
  if (open?.round !== entry.round || open.attempt !== entry.attempt) wrong("no such attempt was announced");
  if (entry.kind === "charge") {
    if (run.charged) wrong("the attempt was charged before");
    if (open && entry.question !== open.question) wrong("another question was announced");
    if (isLess(entry.privacy, run.spent)) wrong("epsilon fell");
    run.charged = true;
    run.spent = entry.privacy;
    return;
  }
  const { record } = entry;
  if (record.round !== entry.round || (open && record.question !== open.question))
    wrong("its record is of another round");
  if (isLess(record.privacy, run.spent)) wrong("its record states a smaller epsilon than was charged");
  if (entry.kind === "round") {
    if (!run.charged) wrong("a sum was decoded before it was charged");
    if (record.state !== "finished") wrong("its record does not say so");
    if (open && !isNormDue(record.clip?.norm, open.clipNorm))
      wrong("its record names another clip norm than was announced");
    if (record.clip) run.clipNorm = nextClipNorm(record.clip);
    if (asksFinalModel(record.question)) run.final = record.modelHash;
    else run.training = record.modelHash;
    run.finished++;
    run.aborted = 0;
  } else {
    if (record.state !== "aborted") wrong("its record does not say so");
    run.aborted++;
  }
  // Neither an attempt given up nor a question about the final model moves it.
  const isMoved = entry.kind === "round" && !asksFinalModel(record.question);
  if (open && !isMoved && record.modelHash !== open.modelHash)
    wrong("its record names another model than was announced");
  run.open = undefined;
}

/** Where clipping is adaptive, the task's own clip norm is the first. */
function firstClipNorm(task: unknown): number | undefined {
  const privacy = (task as { privacy?: { clipping?: unknown; clipNorm?: unknown } } | null)?.privacy;
  return privacy?.clipping === "adaptive" ? Number(privacy.clipNorm) : undefined;
}

const isNormDue = (stated: number | undefined, due: number | undefined): boolean =>
  stated === undefined || due === undefined ? stated === due : isSameNorm(stated, due);

/** Whether `later` claims less than `earlier`, or of something else. */
function isLess(later: Statement, earlier: Statement | undefined): boolean {
  if (!earlier) return false;
  return later.epsilon < earlier.epsilon || later.delta !== earlier.delta || later.unit !== earlier.unit;
}
