/** The encoders that are here: the one that comes with the house, and those that `murmur encoder` has brought in. */
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { stringify } from "yaml";
import { InputError } from "../../shared/errors.ts";
import { useLite } from "../../shared/text/use-lite.ts";
import { type BertFiles, bertFile, bertFiles } from "./bert.ts";
import { useLiteFile } from "./use-lite.ts";

/** Where they are kept, below a coordinator's data, and the catalogues that were made with them. */
export const encodersFolder = (dataDir: string): string => join(dataDir, "encoders");

const pathOf = (folder: string, sha256: string): string => join(folder, `${sha256}.safetensors`);

const sha256Of = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

export const hasEncoder = (folder: string, sha256: string): boolean =>
  sha256 === useLite.sha256 || (/^[0-9a-f]{64}$/.test(sha256) && existsSync(pathOf(folder, sha256)));

/** @throws InputError where it is not here, or has changed */
export async function encoderBytes(folder: string, sha256: string): Promise<Uint8Array<ArrayBuffer>> {
  if (sha256 === useLite.sha256) return useLiteFile();
  if (!hasEncoder(folder, sha256))
    throw new InputError(
      "model.encoder.sha256",
      `${sha256} is of no encoder in ${folder}`,
      "Bring it in with `murmur encoder`.",
    );
  const bytes = new Uint8Array(await readFile(pathOf(folder, sha256)));
  if (sha256Of(bytes) !== sha256)
    throw new InputError(
      "model.encoder.sha256",
      `${sha256} is not that of its file in ${folder}`,
      "Bring it in again.",
    );
  return bytes;
}

/** Under its hash, from where it is served. */
export async function keepFile(bytes: Uint8Array, folder: string): Promise<{ sha256: string; path: string }> {
  const sha256 = sha256Of(bytes);
  const path = pathOf(folder, sha256);
  await mkdir(folder, { recursive: true });
  // All at once, so that a coordinator that serves never reads half a file.
  await writeFile(`${path}.part`, bytes);
  await rename(`${path}.part`, path);
  return { sha256, path };
}

const patienceMs = 600_000;

/**
 * Converts a BERT and keeps it.
 * @param source a folder, or the address of one
 * @param expected SHA-256 of model.safetensors; an address needs it
 * @returns what a task says of it
 */
export async function bringEncoder(
  source: string,
  expected: string | undefined,
  folder: string,
): Promise<{ sha256: string; path: string; bytes: number; yaml: string }> {
  const isAddress = /^https?:\/\//.test(source);
  if (isAddress && expected === undefined)
    throw new InputError(
      "--sha256",
      "is missing",
      "Say the SHA-256 of model.safetensors: an address may give anything.",
    );
  const entries = await Promise.all(
    bertFiles.map(async (name) => [name, await (isAddress ? fetched : read)(source, name)] as const),
  );
  const files = Object.fromEntries(entries) as BertFiles;
  const found = sha256Of(files["model.safetensors"]);
  if (expected !== undefined && found !== expected.toLowerCase())
    throw new InputError("--sha256", `is not that of model.safetensors, ${found}`, "Do not use what has another hash.");
  const { shape, bytes } = bertFile(files);
  const { sha256, path } = await keepFile(bytes, folder);
  return { sha256, path, bytes: bytes.length, yaml: stringify({ encoder: { name: "bert", sha256, ...shape } }) };
}

async function read(source: string, name: string): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = await readFile(join(source, name)).catch(() => undefined);
  if (!bytes)
    throw new InputError(
      "source",
      `has no ${name}`,
      "Name a folder with config.json, tokenizer.json, model.safetensors.",
    );
  return new Uint8Array(bytes);
}

async function fetched(source: string, name: string): Promise<Uint8Array<ArrayBuffer>> {
  const url = `${source.replace(/\/$/, "")}/${name}`;
  const answer = await fetch(url, { signal: AbortSignal.timeout(patienceMs) }).catch(() => undefined);
  if (!answer?.ok)
    throw new InputError("source", `does not give ${url}`, "Check the address and the network, or name a folder.");
  return new Uint8Array(await answer.arrayBuffer());
}
