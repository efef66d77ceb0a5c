/**
 * Masks: uniform integers modulo 2^bits from AES-256-CTR, under keys that only two tabs (or one tab's seed) know.
 * A vector is masked by its own self mask and, for every other member, by a pairwise mask that the other member
 * subtracts (Bonawitz et al. 2017, §4). Without the keys a masked vector is uniform.
 *
 * Every key is bound to the announcement (task, model, question, round, attempt) and to the roster: a coordinator that
 * shows two tabs different models or rosters gets noise, not a sum (Pasquini et al. 2022).
 */
import { invariant } from "../errors.ts";
import type { Masked, Noised } from "../privacy/stages.ts";
import { accumulate, modulusMask, packedLength } from "./packing.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** What a mask key is bound to. */
export interface MaskContext {
  /** SHA-256 of the announcement, 32 bytes */
  announcementHash: Bytes;
  /** SHA-256 of the roster, 32 bytes: HKDF's salt */
  rosterHash: Bytes;
}

/** HKDF-SHA256 (RFC 5869) to 32 bytes: WebCrypto's in a tab, the platform's own where there are thousands to derive. */
export type Hkdf = (secret: Bytes, salt: Bytes, info: Bytes) => Bytes | Promise<Bytes>;

export const webCryptoHkdf: Hkdf = async (secret, salt, info) => {
  const material = await crypto.subtle.importKey("raw", secret, "HKDF", false, ["deriveBits"]);
  return new Uint8Array(await crypto.subtle.deriveBits({ name: "HKDF", hash: "SHA-256", salt, info }, material, 256));
};

/** Key of the mask between members u and v of the roster, from their X25519 secret. */
export async function pairKey(
  context: MaskContext,
  shared: Bytes,
  u: number,
  v: number,
  hkdf = webCryptoHkdf,
): Promise<Bytes> {
  return hkdf(shared, context.rosterHash, infoOf(context, "murmur/mask/1", Math.min(u, v), Math.max(u, v)));
}

/** Key of u's self mask, from its seed. */
export async function selfKey(context: MaskContext, seed: Bytes, u: number, hkdf = webCryptoHkdf): Promise<Bytes> {
  return hkdf(seed, context.rosterHash, infoOf(context, "murmur/self/1", u, u));
}

function infoOf(context: MaskContext, label: string, a: number, b: number): Bytes {
  const domain = new TextEncoder().encode(label);
  const info = new Uint8Array(domain.length + 32 + 8);
  info.set(domain);
  info.set(context.announcementHash, domain.length);
  const view = new DataView(info.buffer);
  view.setUint32(domain.length + 32, a);
  view.setUint32(domain.length + 36, b);
  return info;
}

/** The stream of AES-256-CTR under a key, from counter 0 on. */
export interface Keystream {
  /** The next `length` bytes, whole blocks but for the last. They hold until the next call. */
  next(length: number): Uint8Array | Promise<Uint8Array>;
  /** The last bytes are used: their memory may go. */
  end(): void;
}
/** Who computes it: WebCrypto in a tab; a coordinator, with thousands of masks to remove, hands in its platform's own. */
export type StreamCipher = (key: Bytes) => Keystream | Promise<Keystream>;

/** Coordinates a piece: its bytes are whole AES blocks at every width, and stay in the processor's cache. */
const piece = 2 ** 16;
const zeros = new Uint8Array(piece * 4);

export const webCryptoStream: StreamCipher = async (key) => {
  const aes = await crypto.subtle.importKey("raw", key, "AES-CTR", false, ["encrypt"]);
  const counter = new Uint8Array(16);
  let block = 0;
  return {
    async next(length) {
      new DataView(counter.buffer).setUint32(12, block);
      block += length / 16;
      const parameters = { name: "AES-CTR", counter, length: 64 };
      return new Uint8Array(await crypto.subtle.encrypt(parameters, aes, zeros.subarray(0, length)));
    },
    end() {},
  };
};

/**
 * sum ← sum + sign·(the masks of these keys) modulo 2^bits (packing.ts says how). A mask is a packed vector like any other,
 * `bits` bits of the key's stream a coordinate, made and added a piece at a time, two masks at once. Every key is used for
 * one mask.
 */
export async function addMasks(
  sum: Uint32Array,
  keys: readonly Bytes[],
  sign: 1 | -1,
  bits: number,
  cipher: StreamCipher = webCryptoStream,
): Promise<void> {
  for (let k = 0; k < keys.length; k += 2) {
    const first = await cipher(keys[k]!);
    const second = k + 1 < keys.length ? await cipher(keys[k + 1]!) : undefined;
    for (let from = 0; from < sum.length; from += piece) {
      const part = sum.subarray(from, from + piece);
      const length = packedLength(part.length, bits);
      accumulate(part, [await first.next(length), await second?.next(length)], bits, sign);
    }
    first.end();
    second?.end();
  }
}

/** Which of a pair adds and which subtracts. */
export const pairSign = (own: number, other: number): 1 | -1 => (own < other ? 1 : -1);

/**
 * Masks a noised vector for member `me`: self mask, then one mask for each other member that sent shares.
 * @param pairKeys by member index
 */
export async function mask(
  noised: Noised,
  bits: number,
  me: number,
  own: Bytes,
  pairKeys: ReadonlyMap<number, Bytes>,
  cipher = webCryptoStream,
): Promise<Masked> {
  invariant(pairKeys.size > 0, "a cohort has other members");
  const masked = Uint32Array.from(noised);
  for (const sign of [1, -1] as const) {
    const keys = [...pairKeys].filter(([other]) => pairSign(me, other) === sign).map(([, key]) => key);
    await addMasks(masked, sign === 1 ? [own, ...keys] : keys, sign, bits, cipher);
  }
  const low = modulusMask(bits);
  return masked.map((x) => x & low) as Masked;
}
