/** That an entry is in the ledger, and that the ledger is the one seen before, grown. */
import { fromBase64, fromHex, toHex } from "../canonical.ts";
import { openCheckpoint } from "./checkpoint.ts";
import { type LedgerEntry, parseEntry } from "./entries.ts";
import { leafHash, verifyConsistency, verifyInclusion } from "./tree.ts";

export interface Evidence {
  /** Signed note */
  checkpoint: string;
  /** The entry's canonical JSON, its place, and the path to the checkpoint's root (base64) */
  leaf: string;
  index: number;
  path: string[];
  /** Size of the checkpoint the reader knows, and the proof that this one extends it (base64) */
  from: number;
  consistency: string[];
}

export interface Seen {
  size: number;
  /** hex */
  root: string;
}

export class EvidenceError extends Error {
  override readonly name = "EvidenceError";
  constructor(readonly reason: "not-in-ledger" | "checkpoint-forked") {
    super(reason);
  }
}

/**
 * @param publicKey of the coordinator, hex
 * @param before what this reader has verified last
 * @throws EvidenceError
 */
export async function verifyEvidence(
  evidence: Evidence,
  publicKey: string,
  before: Seen | undefined,
): Promise<{ entry: LedgerEntry; seen: Seen }> {
  const checkpoint = await openCheckpoint(evidence.checkpoint, fromHex(publicKey));
  const entry = parseEntry(evidence.leaf);
  if (!checkpoint || !entry) throw new EvidenceError("not-in-ledger");
  const leaf = await leafHash(new TextEncoder().encode(evidence.leaf));
  const included = await verifyInclusion(
    leaf,
    evidence.index,
    checkpoint.size,
    evidence.path.map(fromBase64),
    checkpoint.root,
  );
  if (!included) throw new EvidenceError("not-in-ledger");
  if (before) {
    const extended =
      evidence.from === before.size &&
      (await verifyConsistency(
        before.size,
        checkpoint.size,
        evidence.consistency.map(fromBase64),
        fromHex(before.root),
        checkpoint.root,
      ));
    if (!extended) throw new EvidenceError("checkpoint-forked");
  }
  return { entry, seen: { size: checkpoint.size, root: toHex(checkpoint.root) } };
}
