/** That an entry is in the ledger, and that the ledger is the one seen before, grown. */
import { z } from "zod";
import { fromBase64, fromHex, toHex } from "../canonical.ts";
import type { LedgerEntry } from "./entries.ts";
import { hashesSchema, inclusionSchema, openInclusion } from "./proof.ts";
import { verifyConsistency } from "./tree.ts";

const evidenceSchema = inclusionSchema.extend({
  /** Size of the checkpoint the reader knows, and the proof that this one extends it (base64) */
  from: z.int().min(0),
  consistency: hashesSchema,
});

export type Evidence = z.infer<typeof evidenceSchema>;

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
 * @param evidence from outside: of any shape
 * @param publicKey of the coordinator, hex
 * @param before what this reader has verified last
 * @throws EvidenceError
 */
export async function verifyEvidence(
  evidence: Evidence,
  publicKey: string,
  before: Seen | undefined,
): Promise<{ entry: LedgerEntry; seen: Seen }> {
  const { data } = evidenceSchema.safeParse(evidence);
  const opened = data && (await openInclusion(data, publicKey));
  if (!opened) throw new EvidenceError("not-in-ledger");
  const { entry, checkpoint } = opened;
  if (before) {
    const extended =
      data.from === before.size &&
      (await verifyConsistency(
        before.size,
        checkpoint.size,
        data.consistency.map(fromBase64),
        fromHex(before.root),
        checkpoint.root,
      ));
    if (!extended) throw new EvidenceError("checkpoint-forked");
  }
  return { entry, seen: { size: checkpoint.size, root: toHex(checkpoint.root) } };
}
