/**
 * Shamir shares of a 32-byte secret (GF(256), the audited `shamir-secret-sharing`), always behind a commitment:
 * too few or tampered shares silently combine to a wrong secret.
 */
import { combine, split } from "shamir-secret-sharing";
import { sha256, toHex } from "../canonical.ts";
import { invariant } from "../errors.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** GF(256) has 255 places besides the secret's own; larger cohorts need a sparse graph. */
export const largestCohort = 255;

/** One share a member, in the roster's order; any `threshold` of them give the secret. */
export async function shareOut(secret: Bytes, members: number, threshold: number): Promise<Bytes[]> {
  invariant(members <= largestCohort, `at most ${largestCohort} shares`);
  return (await split(secret, members, threshold)).map((share) => new Uint8Array(share));
}

/**
 * The secret that `isRight` accepts, or undefined. When all shares together give a wrong one, each is left out in turn:
 * one bad share among enough good ones does no harm.
 */
export async function recover(
  shares: Bytes[],
  threshold: number,
  isRight: (secret: Bytes) => Promise<boolean>,
): Promise<Bytes | undefined> {
  const candidates = [shares, ...shares.map((_, left) => shares.filter((_, i) => i !== left))];
  for (const subset of candidates) {
    if (subset.length < threshold) continue;
    try {
      const secret = new Uint8Array(await combine(subset));
      if (await isRight(secret)) return secret;
    } catch {
      // Shares of unequal length or with a place taken twice do not combine: try without one of them.
    }
  }
  return undefined;
}

/** Binds a self-mask seed to its owner and roster before anyone depends on it. */
export async function seedCommitment(seed: Bytes, owner: number, rosterHash: Bytes): Promise<string> {
  const bytes = new Uint8Array(1 + 32 + 4 + 32);
  bytes[0] = 0x62;
  bytes.set(seed, 1);
  new DataView(bytes.buffer).setUint32(33, owner);
  bytes.set(rosterHash, 37);
  return toHex(await sha256(bytes));
}
