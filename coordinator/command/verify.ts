/** `murmur verify`: checks what a coordinator gave out, offline and without trusting it. */
import { existsSync, statSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { sha256, toHex } from "../../shared/canonical.ts";
import { InputError } from "../../shared/errors.ts";
import { checkLedger, type LedgerFile } from "../../shared/ledger/file.ts";
import { reportOf } from "../governance/report.ts";

export interface Verdict {
  ok: boolean;
  /** Ledger entries, report lines and models that were checked */
  checked: number;
  problems: string[];
}

/**
 * A ledger file, or a folder that holds `ledger.json` and, if they are there, `report.json` and `model.json`.
 * @throws InputError when there is nothing to check
 */
export async function verifyPath(path: string): Promise<Verdict> {
  if (!existsSync(path))
    throw new InputError("path", `${path} does not exist`, "Name a ledger file or a run's folder.");
  const folder = statSync(path).isDirectory() ? path : undefined;
  const file = folder ? join(folder, "ledger.json") : path;
  if (!existsSync(file))
    throw new InputError("path", `${path} holds no ledger.json`, "Name the folder a run was exported to.");
  const ledger = await readJson(file);
  const { entries, problems } = await checkLedger(ledger);
  let checked = entries.length;
  if (folder && existsSync(join(folder, "report.json"))) {
    const report = (await readJson(join(folder, "report.json"))) as Awaited<ReturnType<typeof reportOf>>;
    const again = await reportOf(String(report?.run), ledger as LedgerFile).catch(() => undefined);
    if (JSON.stringify(again) !== JSON.stringify(report)) problems.push("report.json is not what the ledger says");
    checked += again?.facts.length ?? 1;
  }
  if (folder && existsSync(join(folder, "model.json"))) {
    problems.push(...(await checkModel(await readJson(join(folder, "model.json")), entries)));
    checked++;
  }
  return { ok: problems.length === 0, checked, problems };
}

interface ModelJson {
  run: string;
  modelHash: string;
  tensors: { data: number[] }[];
}

/** The parameters must hash to the model the run ended with. */
async function checkModel(
  value: unknown,
  entries: Awaited<ReturnType<typeof checkLedger>>["entries"],
): Promise<string[]> {
  const model = value as ModelJson;
  if (!Array.isArray(model?.tensors)) return ["model.json is not a model"];
  const parameters = Float32Array.from(model.tensors.flatMap((tensor) => tensor.data));
  const hash = toHex(await sha256(new Uint8Array(parameters.buffer)));
  const end = entries.find((entry) => entry.kind === "end" && entry.run === model.run);
  if (hash !== model.modelHash) return ["model.json's parameters do not have the hash it names"];
  return end?.kind === "end" && end.modelHash === hash ? [] : ["model.json is not the model its run ended with"];
}

async function readJson(file: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(file, "utf8"));
  } catch (error) {
    throw new InputError(basename(file), `cannot be read: ${(error as Error).message}`, "Export it again.");
  }
}
