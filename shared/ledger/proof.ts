/** That one entry is in the ledger: the entry, its place, the path to a signed root. Needs nothing else to be checked. */
import { z } from "zod";
import { fromBase64, fromHex, toBase64 } from "../canonical.ts";
import { type Checkpoint, openCheckpoint } from "./checkpoint.ts";
import { type LedgerEntry, parseEntry } from "./entries.ts";
import { leafHash, verifyInclusion } from "./tree.ts";

/** Base64 has several spellings of one value; only the canonical one is taken. */
const isHash = (text: string) => /^[A-Za-z0-9+/]{43}=$/.test(text) && toBase64(fromBase64(text)) === text;

/** RFC 6962 hashes, from the leaf's or the oldest side up; no tree of 2^53 leaves has a longer proof. */
export const hashesSchema = z.array(z.string().refine(isHash, "is not the base64 of 32 bytes")).max(54);

export const inclusionSchema = z.object({
  /** Signed note */
  checkpoint: z.string(),
  /** The entry's canonical JSON */
  leaf: z.string(),
  index: z.int().min(0),
  /** Inclusion proof to the checkpoint's root (base64) */
  path: hashesSchema,
});

export type Inclusion = z.infer<typeof inclusionSchema>;

/** The entry and the checkpoint it is in, or undefined unless both are `publicKey`'s and belong together. */
export async function openInclusion(
  { checkpoint: note, leaf, index, path }: Inclusion,
  publicKey: string,
): Promise<{ entry: LedgerEntry; checkpoint: Checkpoint } | undefined> {
  const checkpoint = await openCheckpoint(note, fromHex(publicKey));
  const entry = parseEntry(leaf);
  if (!checkpoint || !entry) return undefined;
  const hash = await leafHash(new TextEncoder().encode(leaf));
  const included = await verifyInclusion(hash, index, checkpoint.size, path.map(fromBase64), checkpoint.root);
  return included ? { entry, checkpoint } : undefined;
}

export const proofFileSchema = z.strictObject({
  /** Ed25519 key of the coordinator, hex */
  publicKey: z.string().regex(/^[0-9a-f]{64}$/),
  ...inclusionSchema.shape,
});

export type ProofFile = z.infer<typeof proofFileSchema>;

/** @returns the entry, if it is proven, and what is wrong otherwise */
export async function checkProof(value: unknown): Promise<{ entry?: LedgerEntry; problems: string[] }> {
  const parsed = proofFileSchema.safeParse(value);
  if (!parsed.success) {
    const { path, message } = parsed.error.issues[0]!;
    return { problems: [`not a proof of a ledger entry: ${path.join(".")} ${message}`] };
  }
  const opened = await openInclusion(parsed.data, parsed.data.publicKey);
  if (!opened) return { problems: ["the entry, its path and the signed checkpoint do not belong together"] };
  return { entry: opened.entry, problems: [] };
}
