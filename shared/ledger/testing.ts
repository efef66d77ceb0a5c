/** A small ledger for tests: a run of two rounds, one of them repeated after an abort. */
import { hashOf, toBase64, toHex } from "../canonical.ts";
import { generateIdentityKeys, type Identity, identityFrom } from "../secure-sum/keys.ts";
import { signCheckpoint } from "./checkpoint.ts";
import { entryBytes, type LedgerEntry } from "./entries.ts";
import type { Evidence } from "./evidence.ts";
import type { LedgerFile } from "./file.ts";
import { leafHash, MerkleTree } from "./tree.ts";

const hash = "ab".repeat(32);
const run = "r1";
const at = "2025-01-01T00:00:00.000Z";
const privacy = (epsilon: number) => ({ epsilon, delta: 1e-5, unit: "record", relation: "add-remove" }) as const;

const record = (round: number, state: "finished" | "aborted", epsilon: number) => ({
  round,
  question: "train" as const,
  state,
  ...(state === "aborted" ? { reason: "survivors-too-few" } : {}),
  cohort: 5,
  survivors: state === "finished" ? 5 : 2,
  dropped: {},
  privacy: privacy(epsilon),
  modelHash: hash,
  duration: 10,
  finishedAt: at,
});

export const announcementOf = (round: number, attempt: number): LedgerEntry => ({
  kind: "announcement",
  run,
  round,
  attempt,
  question: "train",
  announcementHash: hash,
  modelHash: hash,
});
export const chargeOf = (round: number, attempt: number, epsilon: number): LedgerEntry => ({
  kind: "charge",
  run,
  round,
  attempt,
  question: "train",
  portion: "train",
  noiseMultiplier: 2,
  sampleRate: 0.5,
  honest: 4,
  privacy: privacy(epsilon),
});
export const roundOf = (round: number, attempt: number, epsilon: number): LedgerEntry => ({
  kind: "round",
  run,
  round,
  attempt,
  record: record(round, "finished", epsilon),
  rosterHash: hash,
  sumHash: hash,
});
export const abortOf = (round: number, attempt: number, epsilon: number): LedgerEntry => ({
  kind: "abort",
  run,
  round,
  attempt,
  record: record(round, "aborted", epsilon),
});
export const endOf = (epsilon: number): LedgerEntry => ({
  kind: "end",
  run,
  state: "finished",
  reason: "",
  modelHash: hash,
  privacy: privacy(epsilon),
  gates: [],
});
export const exportOf = (): LedgerEntry => ({ kind: "export", run, modelHash: hash, format: "json", at });
export const runOf = async (task: { name: string } = { name: "t" }): Promise<LedgerEntry> => ({
  kind: "run",
  run,
  taskHash: await hashOf(task),
  task,
  seed: 1,
  startedAt: at,
});

export const goodHistory = async (): Promise<LedgerEntry[]> => [
  await runOf(),
  announcementOf(1, 1),
  abortOf(1, 1, 0),
  announcementOf(1, 2),
  chargeOf(1, 2, 0.5),
  roundOf(1, 2, 0.5),
  announcementOf(2, 1),
  chargeOf(2, 1, 0.8),
  roundOf(2, 1, 0.8),
  endOf(0.8),
  exportOf(),
];

export interface Log {
  signer: Identity;
  publicKey: string;
  leaves: string[];
  tree: MerkleTree;
}

export async function newLog(entries: readonly LedgerEntry[], signer?: Identity): Promise<Log> {
  const identity = signer ?? (await identityFrom(await generateIdentityKeys()));
  const tree = new MerkleTree();
  const leaves = entries.map((entry) => new TextDecoder().decode(entryBytes(entry)));
  for (const leaf of leaves) tree.push(await leafHash(new TextEncoder().encode(leaf)));
  return { signer: identity, publicKey: toHex(identity.publicKey), leaves, tree };
}

export async function fileOf({ signer, publicKey, leaves, tree }: Log): Promise<LedgerFile> {
  const checkpoint = await signCheckpoint({ size: tree.size, root: await tree.root() }, signer.publicKey, signer);
  return { publicKey, checkpoint, leaves };
}

/** That entry `index` is in the log of `size` entries, which extends that of `from`. */
export async function evidenceOf(log: Log, index: number, size: number, from: number): Promise<Evidence> {
  const { tree, signer, leaves } = log;
  return {
    checkpoint: await signCheckpoint({ size, root: await tree.root(size) }, signer.publicKey, signer),
    leaf: leaves[index]!,
    index,
    path: (await tree.inclusion(index, size)).map(toBase64),
    from,
    consistency: (await tree.consistency(from, size)).map(toBase64),
  };
}
