/** `murmur verify`: checks what a coordinator gave out, offline and without trusting it. */
import { existsSync, statSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { InputError } from "../../shared/errors.ts";
import type { LedgerEntry } from "../../shared/ledger/entries.ts";
import { checkLedger, type LedgerFile } from "../../shared/ledger/file.ts";
import { checkPromises } from "../../shared/ledger/promises.ts";
import { checkProof, proofFileSchema } from "../../shared/ledger/proof.ts";
import { architectureOf, layersOf } from "../../shared/model.ts";
import { hashParameters } from "../../shared/round/0-announce.ts";
import { checkTask } from "../../shared/task.ts";
import { reportOf } from "../governance/report.ts";

export interface Verdict {
  ok: boolean;
  /** Ledger entries, report lines and models that were checked */
  checked: number;
  problems: string[];
}

/**
 * A ledger file, a proof of one entry, or a folder that holds `ledger.json` and, if they are there, `report.json` and
 * `model.json`. What was altered is a problem; what cannot be read at all is thrown.
 * @throws InputError when there is nothing to check
 */
export async function verifyPath(path: string): Promise<Verdict> {
  if (!existsSync(path))
    throw new InputError("path", `${path} does not exist`, "Name a ledger file, a proof, or a run's folder.");
  if (!statSync(path).isDirectory()) {
    const { value } = await readJson(path);
    return isProof(value) ? verdict(1, (await checkProof(value)).problems) : verifyLedger(value);
  }
  const [ledger, report, model] = ["ledger.json", "report.json", "model.json"].map((name) => join(path, name));
  if (!existsSync(ledger!))
    throw new InputError("path", `${path} holds no ledger.json`, "Name the folder a run was exported to.");
  const { value } = await readJson(ledger!);
  const { checked, problems, entries } = await verifyLedger(value);
  let more = 0;
  if (existsSync(report!)) {
    const { count, problem } = await checkReport(await readJson(report!), value as LedgerFile);
    if (problem) problems.push(problem);
    more += count;
  }
  if (existsSync(model!)) {
    const problem = await checkModel(await readJson(model!), entries);
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

async function verifyLedger(value: unknown): Promise<Verdict & { entries: LedgerEntry[] }> {
  const { entries, problems } = await checkLedger(value);
  return { ...verdict(entries.length, [...problems, ...checkPromises(entries)]), entries };
}

interface ReadFile {
  value: unknown;
  text: string;
}

/** A number has many spellings, so the text is compared, not what it parses to. */
const isWritten = ({ text }: ReadFile, value: unknown): boolean =>
  [JSON.stringify(value), JSON.stringify(value, null, 1)].includes(text.trimEnd());

/** A report is a function of the ledger, so it is made again and compared. */
async function checkReport(file: ReadFile, ledger: LedgerFile): Promise<{ count: number; problem?: string }> {
  const run = (file.value as { run?: unknown } | null)?.run;
  const again = await reportOf(String(run), ledger).catch(() => undefined);
  const same = again !== undefined && isWritten(file, again);
  return { count: again?.facts.length ?? 1, ...(!same && { problem: "report.json is not what the ledger says" }) };
}

interface ModelJson {
  run: string;
  modelHash: string;
  architecture: unknown;
  normalisation: unknown;
  features: unknown;
  tensors: { name: string; shape: number[]; data: number[] }[];
}

/**
 * The parameters must hash to the model the run ended with, and shape and features must be the task's.
 * What it does not promise: the ledger holds no hash of the normalisation alone, so that is not checked.
 */
async function checkModel(file: ReadFile, entries: readonly LedgerEntry[]): Promise<string | undefined> {
  const model = file.value as ModelJson | null;
  const isNumbers = (data: unknown) => Array.isArray(data) && data.every((x) => Math.fround(x) === x);
  if (!Array.isArray(model?.tensors) || !model.tensors.every((tensor) => isNumbers(tensor?.data)))
    return "is not a model";
  if (!isWritten(file, model)) return "is not as it was written";
  const parameters = Float32Array.from(model.tensors.flatMap((tensor) => tensor.data));
  const hash = await hashParameters(parameters);
  if (hash !== model.modelHash) return "has parameters without the hash it names";
  const start = entries.find((entry) => entry.kind === "run" && entry.run === model.run);
  const end = entries.find((entry) => entry.kind === "end" && entry.run === model.run);
  if (start?.kind !== "run" || end?.kind !== "end" || end.modelHash !== hash)
    return "is not the model its run ended with";
  const checked = checkTask(start.task);
  if (!("task" in checked)) return "belongs to a task that cannot be read";
  const { task } = checked;
  const architecture = architectureOf(task);
  const tensors = layersOf(architecture).flatMap(({ inputs, outputs, weights, bias }, i) => [
    { name: `layer${i}.weight`, shape: [inputs, outputs], data: Array.from(parameters.subarray(weights, bias)) },
    { name: `layer${i}.bias`, shape: [outputs], data: Array.from(parameters.subarray(bias, bias + outputs)) },
  ]);
  const { normalisation } = model;
  const expected = {
    run: model.run,
    modelHash: hash,
    architecture,
    normalisation,
    features: task.data.features,
    tensors,
  };
  return isWritten(file, expected) ? undefined : "does not have its task's shape and features";
}

async function readJson(file: string): Promise<ReadFile> {
  try {
    const text = await readFile(file, "utf8");
    return { text, value: JSON.parse(text) };
  } catch (error) {
    throw new InputError(basename(file), `cannot be read: ${(error as Error).message}`, "Export it again.");
  }
}
