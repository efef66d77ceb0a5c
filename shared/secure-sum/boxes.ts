/**
 * Sealed packets between two members of a cohort, carried by the coordinator: tweetnacl's secretbox (XSalsa20-Poly1305)
 * under a key that HKDF makes from their X25519 secret. The key is bound to the round and to the direction and used for
 * one packet only, so the nonce can stand still.
 */
import { type Hkdf, type MaskContext, webCryptoHkdf } from "./masks.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** Bytes that a sealed packet is longer than what is in it: Poly1305's tag. */
export const overhead = 16;

/** XSalsa20's */
const nonce = new Uint8Array(24);

/** Loaded with a round's first packet: who has only come to look is spared 11 kB. */
const secretbox = async () => (await import("tweetnacl")).default.secretbox;

async function packetKey(context: MaskContext, shared: Bytes, from: number, to: number, hkdf: Hkdf): Promise<Bytes> {
  const domain = new TextEncoder().encode("murmur/box/1");
  const info = new Uint8Array(domain.length + 32 + 8);
  info.set(domain);
  info.set(context.announcementHash, domain.length);
  const view = new DataView(info.buffer);
  view.setUint32(domain.length + 32, from);
  view.setUint32(domain.length + 36, to);
  return hkdf(shared, context.rosterHash, info);
}

export async function seal(
  context: MaskContext,
  shared: Bytes,
  from: number,
  to: number,
  packet: Bytes,
  hkdf = webCryptoHkdf,
): Promise<Bytes> {
  const box = await secretbox();
  return new Uint8Array(box(packet, nonce, await packetKey(context, shared, from, to, hkdf)));
}

/** Undefined when the packet was not sealed by `from` for `to` in this very round. */
export async function open(
  context: MaskContext,
  shared: Bytes,
  from: number,
  to: number,
  sealed: Bytes,
  hkdf = webCryptoHkdf,
): Promise<Bytes | undefined> {
  const box = await secretbox();
  const packet = box.open(sealed, nonce, await packetKey(context, shared, from, to, hkdf));
  return packet ? new Uint8Array(packet) : undefined;
}
