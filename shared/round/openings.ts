/**
 * The roster as everybody sees it: one commitment a member, and what opens it. Strangers' keys are not in it but their hash,
 * which binds them all the same: 48 bytes a member, where everybody's whole offers would be 200.
 */
import { fromHex } from "../canonical.ts";
import { nonceCommitment, nonceLength } from "../secure-sum/graph.ts";
import { membersOf, setLength, setOf } from "./member-set.ts";
import { concat, joinPackets } from "./packets.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** What a member's commitment is to. */
export interface Opening {
  /** 16 bytes: its part in the graph's seed */
  nonce: Bytes;
  /** SHA-256 of its identity and round keys */
  keysHash: Bytes;
}

const hashLength = 32;

/**
 * Who opened its commitment as a set (member-set.ts); then of each member in the roster's order its nonce and its keys' hash,
 * or, where it did not open it, its commitment.
 */
export function encodeOpenings(commitments: readonly string[], opened: ReadonlyMap<number, Opening>): Bytes {
  const parts = [setOf(opened.keys(), commitments.length)];
  for (const [member, commitment] of commitments.entries()) {
    const opening = opened.get(member);
    parts.push(...(opening ? [opening.nonce, opening.keysHash] : [fromHex(commitment)]));
  }
  return concat(parts);
}

/** By roster index, ascending, and all commitments end to end; undefined where the bytes are not those of `size` members. */
export async function decodeOpenings(
  bytes: Bytes,
  size: number,
  announcementHash: string,
): Promise<{ opened: Map<number, Opening>; commitments: Bytes } | undefined> {
  const isOpened = new Set(membersOf(bytes.subarray(0, setLength(size)), size));
  const each = nonceLength + hashLength;
  if (bytes.length !== setLength(size) + isOpened.size * each + (size - isOpened.size) * hashLength) return undefined;
  const opened = new Map<number, Opening>();
  let at = setLength(size);
  const take = (length: number) => {
    at += length;
    return bytes.slice(at - length, at);
  };
  const commitments = Array.from({ length: size }, (_, member) => {
    if (!isOpened.has(member)) return take(hashLength);
    const opening = { nonce: take(nonceLength), keysHash: take(hashLength) };
    opened.set(member, opening);
    return nonceCommitment(opening.nonce, opening.keysHash, announcementHash);
  });
  return { opened, commitments: joinPackets(await Promise.all(commitments), hashLength) };
}
