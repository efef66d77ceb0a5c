/** `murmur verify`: checks what a coordinator gave out, offline and without trusting it. */
import { existsSync, statSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { InputError } from "../../shared/errors.ts";
import type { LedgerEntry } from "../../shared/ledger/entries.ts";
import { type CheckedLedger, checkLedger, type LedgerFile } from "../../shared/ledger/file.ts";
import { checkPromises } from "../../shared/ledger/promises.ts";
import { checkProof, proofFileSchema } from "../../shared/ledger/proof.ts";
import { readMirror } from "../../shared/ledger/tiles.ts";
import { contextHash, modelFileOf, type OpenModel, readModelFile } from "../../shared/model-file.ts";
import { checkTask } from "../../shared/task-rules.ts";
import { documentNames, documentsOf } from "../governance/documents.ts";

export interface Verdict {
  ok: boolean;
  /** Ledger entries, report lines and models that were checked */
  checked: number;
  problems: string[];
}

/**
 * A ledger file, a proof of one entry, a mirror of the log's static files, or a folder that holds `ledger.json` and, if
 * they are there, the documents about its runs and `model.json`. What was altered is a problem; what cannot be read at all is thrown.
 * @throws InputError when there is nothing to check
 */
export async function verifyPath(path: string): Promise<Verdict> {
  if (!existsSync(path))
    throw new InputError("path", `${path} does not exist`, "Name a ledger file, a proof, or a run's folder.");
  if (!statSync(path).isDirectory()) {
    const { value } = await readJson(path);
    return isProof(value) ? verdict(1, (await checkProof(value)).problems) : verifyLedger(value);
  }
  if (existsSync(join(path, "checkpoint"))) return verifyMirror(path);
  const [ledger, model] = ["ledger.json", "model.json"].map((name) => join(path, name));
  if (!existsSync(ledger!))
    throw new InputError("path", `${path} holds no ledger.json`, "Name the folder a run was exported to.");
  const { value } = await readJson(ledger!);
  const { checked, problems, ledger: opened } = await verifyLedger(value);
  const { checkpoint } = value as LedgerFile;
  const documents = await checkDocuments(path, String(checkpoint), opened);
  problems.push(...documents.problems);
  let more = documents.count;
  if (existsSync(model!)) {
    const problem = await checkModel(await readJson(model!), opened.entries);
    if (problem) problems.push(`model.json ${problem}`);
    more++;
  }
  return verdict(checked + more, problems);
}

const verdict = (checked: number, problems: string[]): Verdict => ({ ok: problems.length === 0, checked, problems });

/** By its fields: a ledger has `leaves` where a proof has one `leaf`. */
const isProof = (value: unknown): boolean =>
  typeof value === "object" &&
  value !== null &&
  !("leaves" in value) &&
  Object.keys(proofFileSchema.shape).some((field) => field !== "publicKey" && field !== "checkpoint" && field in value);

async function verifyLedger(value: unknown): Promise<Verdict & { ledger: CheckedLedger }> {
  const ledger = await checkLedger(value);
  const { entries, problems } = ledger;
  return { ...verdict(entries.length, [...problems, ...checkPromises(entries)]), ledger };
}

/** A mirror of the log's static files, such as `wget --mirror` makes. */
async function verifyMirror(folder: string): Promise<Verdict> {
  const { ledger, problems } = await readMirror((file) => readFile(join(folder, file)).catch(() => undefined));
  if (!ledger) return verdict(0, problems);
  const { checked, problems: more } = await verifyLedger(ledger);
  return verdict(checked, [...problems, ...more]);
}

interface ReadFile {
  value: unknown;
  text: string;
}

/** A number has many spellings, so the text is compared, not what it parses to. */
const isWritten = ({ text }: ReadFile, value: unknown): boolean =>
  [JSON.stringify(value), JSON.stringify(value, null, 1)].includes(text.trimEnd());

/** What is written about a run is a function of the ledger, so it is made again and compared, letter by letter. */
async function checkDocuments(folder: string, checkpoint: string, checked: CheckedLedger) {
  const files = documentNames.filter((name) => existsSync(join(folder, name)));
  if (files.length === 0) return { count: 0, problems: [] };
  const runs = [...new Set(checked.entries.map((entry) => entry.run))];
  const expected = runs.map((run) => documentsOf(run, checkpoint, checked));
  const problems: string[] = [];
  for (const name of files) {
    const text = await readFile(join(folder, name), "utf8");
    if (!expected.some((documents) => documents[name] === text)) problems.push(`${name} is not what the ledger says`);
  }
  return { count: files.length, problems };
}

/**
 * The parameters must hash to the model the run ended with, what stands around them to what the ledger says of it, and
 * shape and features must be the task's.
 */
async function checkModel(file: ReadFile, entries: readonly LedgerEntry[]): Promise<string | undefined> {
  let model: Pick<OpenModel, "file" | "parameters">;
  try {
    model = await readModelFile(file.value);
  } catch (error) {
    return `cannot be used: ${(error as Error).message}`;
  }
  const { run, modelHash, context } = model.file;
  const start = entries.find((entry) => entry.kind === "run" && entry.run === run);
  const end = entries.find((entry) => entry.kind === "end" && entry.run === run);
  if (start?.kind !== "run" || end?.kind !== "end" || end.modelHash !== modelHash)
    return "is not the model its run ended with";
  if (end.contextHash !== (await contextHash(context))) return "reads its columns otherwise than its run did";
  const checked = checkTask(start.task);
  if (!("task" in checked)) return "belongs to a task that cannot be read";
  const expected = await modelFileOf(run, checked.task, model.parameters, context);
  return isWritten(file, expected) ? undefined : "is not as it was written, or not of its task's shape and features";
}

async function readJson(file: string): Promise<ReadFile> {
  try {
    const text = await readFile(file, "utf8");
    return { text, value: JSON.parse(text) };
  } catch (error) {
    throw new InputError(basename(file), `cannot be read: ${(error as Error).message}`, "Export it again.");
  }
}
