/** A whole ledger in one file, and its check by anyone, offline, without trusting who wrote it. */
import { z } from "zod";
import { fromHex } from "../canonical.ts";
import { openCheckpoint } from "./checkpoint.ts";
import { type LedgerEntry, parseEntry } from "./entries.ts";
import { checkHistory } from "./history.ts";
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

export interface CheckedLedger {
  entries: LedgerEntry[];
  /** Everything that is wrong: an empty list means that the ledger holds */
  problems: string[];
}

export async function checkLedger(value: unknown): Promise<CheckedLedger> {
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
