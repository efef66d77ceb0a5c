/**
 * For tasks with `postQuantum`: secrets of two members from X25519 and ML-KEM-768 (FIPS 203) together. Who records traffic
 * today and has a quantum computer some day breaks X25519; who finds a flaw in ML-KEM has only that: each half alone
 * leaves every mask uniform.
 *
 * Everything of a member follows from one secret of 32 bytes, which it shares out as without this: put together, a
 * dropout's secret gives its neighbours' pair secrets in both directions. It is never an X25519 key itself, or a discrete
 * logarithm would be all of it. To hold it opens the dropout's own sealed packets as far as ML-KEM closed them: at most
 * k − t of a member's neighbours are gone, and with b colluders 2t > k + b makes that less than t shares.
 */
import type { ml_kem768 } from "@noble/post-quantum/ml-kem.js";
import { sha256 } from "../canonical.ts";
import { type Hkdf, webCryptoHkdf } from "./masks.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** FIPS 203, table 3 */
export const kemKeyLength = 1184;
export const kemTextLength = 1088;

/** Loaded where a task asks for it: other tabs are spared 20 kB. */
const mlKem = async (): Promise<typeof ml_kem768> => (await import("@noble/post-quantum/ml-kem.js")).ml_kem768;

/** What one member has sent another, and what both then know. */
export interface KemSecret {
  /** What the other needs to know the same, 1,088 bytes */
  text: Bytes;
  /** 32 bytes */
  shared: Bytes;
}

/** Whether somebody can send to this key: a vector of numbers below q (FIPS 203, §7.2). */
export async function isKemKey(publicKey: Bytes): Promise<boolean> {
  const kem = await mlKem();
  try {
    kem.encapsulate(publicKey);
    return true;
  } catch {
    return false;
  }
}

export interface Kem {
  /** 1,184 bytes */
  readonly publicKey: Bytes;
  /** Always the same for the same member and round. @throws when the peer's key is none */
  send(peerKey: Bytes, to: number): Promise<KemSecret>;
  /** Another text than was sent gives a secret that nobody else has */
  receive(text: Bytes): Promise<KemSecret>;
}

/** The member's X25519 secret. */
export const agreementSecret = (secret: Bytes, announcementHash: Bytes, hkdf = webCryptoHkdf): Bytes | Promise<Bytes> =>
  hkdf(secret, announcementHash, labelled("murmur/x25519/1"));

/** @param secret the member's 32 bytes @param announcementHash of the round */
export async function kemOf(secret: Bytes, announcementHash: Bytes, hkdf: Hkdf = webCryptoHkdf): Promise<Kem> {
  const kem = await mlKem();
  const derived = (label: string, index = 0) => hkdf(secret, announcementHash, labelled(label, index));
  const seed = new Uint8Array(64);
  seed.set(await derived("murmur/kem/1", 0));
  seed.set(await derived("murmur/kem/1", 1), 32);
  const keys = kem.keygen(seed);
  return {
    publicKey: new Uint8Array(keys.publicKey),
    send: async (peerKey, to) => {
      const { cipherText, sharedSecret } = kem.encapsulate(peerKey, await derived("murmur/kem-coins/1", to));
      return { text: new Uint8Array(cipherText), shared: new Uint8Array(sharedSecret) };
    },
    receive: async (text) => ({ text, shared: new Uint8Array(kem.decapsulate(text, keys.secretKey)) }),
  };
}

/**
 * What goes into the key derivation of a mask or a packet in the place of the X25519 secret alone: both secrets, and the
 * text that was sent, all of fixed length. Public keys are bound by the roster's hash, the salt.
 */
export async function bothSecrets(agreed: Bytes, kem: KemSecret): Promise<Bytes> {
  const both = new Uint8Array(96);
  both.set(agreed);
  both.set(kem.shared, 32);
  both.set(await sha256(kem.text), 64);
  return both;
}

function labelled(label: string, index = 0): Bytes {
  const domain = new TextEncoder().encode(label);
  const info = new Uint8Array(domain.length + 4);
  info.set(domain);
  new DataView(info.buffer).setUint32(domain.length, index);
  return info;
}
