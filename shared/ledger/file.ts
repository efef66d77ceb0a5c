/** A whole ledger in one file, and its check by anyone, offline, without trusting who wrote it. */
import { z } from "zod";
import { fromHex, hashOf } from "../canonical.ts";
import { openCheckpoint } from "./checkpoint.ts";
import { type LedgerEntry, parseEntry } from "./entries.ts";
import { leafHash, MerkleTree } from "./tree.ts";

export const ledgerFileSchema = z.strictObject({
  /** Ed25519 key of the coordinator, hex */
  publicKey: z.string().regex(/^[0-9a-f]{64}$/),
  /** Signed note over all leaves */
  checkpoint: z.string(),
  /** Each entry's canonical JSON */
  leaves: z.array(z.string()),
});

export type LedgerFile = z.infer<typeof ledgerFileSchema>;

/** @returns the entries, and everything that is wrong: an empty list means that the ledger holds. */
export async function checkLedger(value: unknown): Promise<{ entries: LedgerEntry[]; problems: string[] }> {
  const parsed = ledgerFileSchema.safeParse(value);
  if (!parsed.success) return { entries: [], problems: [`not a ledger file: ${parsed.error.issues[0]!.message}`] };
  const { publicKey, checkpoint: note, leaves } = parsed.data;
  const problems: string[] = [];
  const tree = new MerkleTree();
  const entries: LedgerEntry[] = [];
  for (const [index, leaf] of leaves.entries()) {
    tree.push(await leafHash(new TextEncoder().encode(leaf)));
    const entry = parseEntry(leaf);
    if (entry) entries.push(entry);
    else problems.push(`entry ${index} is not a canonical ledger entry`);
  }
  const checkpoint = await openCheckpoint(note, fromHex(publicKey));
  if (!checkpoint) problems.push("the checkpoint is malformed or not signed by the ledger's key");
  else {
    if (checkpoint.size !== leaves.length)
      problems.push(`the checkpoint covers ${checkpoint.size} entries, the file has ${leaves.length}`);
    const root = await tree.root();
    if (!root.every((byte, i) => byte === checkpoint.root[i]))
      problems.push("the entries do not hash to the checkpoint's root");
  }
  return { entries, problems: [...problems, ...(await checkHistory(entries))] };
}

/** The rules of the log itself: what may follow what, for each run. */
async function checkHistory(entries: readonly LedgerEntry[]): Promise<string[]> {
  const problems: string[] = [];
  const runs = new Map<
    string,
    { finished: number; open: string | undefined; charged: boolean; epsilon: number; ended: boolean }
  >();
  for (const [index, entry] of entries.entries()) {
    const wrong = (what: string) => problems.push(`entry ${index} (${entry.kind}): ${what}`);
    const run = runs.get(entry.run);
    if (entry.kind === "run") {
      if (run) wrong("the run was launched before");
      if ((await hashOf(entry.task)) !== entry.taskHash) wrong("the task does not hash to taskHash");
      runs.set(entry.run, { finished: 0, open: undefined, charged: false, epsilon: 0, ended: false });
      continue;
    }
    if (!run) {
      wrong("its run was never launched");
      continue;
    }
    if (entry.kind === "export") continue;
    if (run.ended) wrong("the run was over");
    if (entry.kind === "end") {
      run.ended = true;
      continue;
    }
    const attempt = `${entry.round}/${entry.attempt}`;
    if (entry.kind === "announcement") {
      if (run.open !== undefined) wrong("the attempt before it never ended");
      if (entry.round !== run.finished + 1) wrong(`round ${run.finished + 1} was due`);
      run.open = attempt;
      run.charged = false;
      continue;
    }
    if (run.open !== attempt) wrong("no such attempt was announced");
    if (entry.kind === "charge") {
      if (run.charged) wrong("the attempt was charged before");
      if (entry.privacy.epsilon < run.epsilon) wrong("epsilon fell");
      run.charged = true;
      run.epsilon = entry.privacy.epsilon;
    } else {
      if (entry.kind === "round") {
        if (!run.charged) wrong("a sum was decoded before it was charged");
        if (entry.record.state !== "finished") wrong("its record does not say so");
        run.finished++;
      } else if (entry.record.state !== "aborted") wrong("its record does not say so");
      run.open = undefined;
    }
  }
  return problems;
}
