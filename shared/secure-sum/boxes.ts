/**
 * Sealed packets between two members of a cohort, carried by the coordinator: tweetnacl's secretbox (XSalsa20-Poly1305)
 * under a key that HKDF makes from their X25519 secret. The key is bound to the round and to the direction and used for
 * one packet only, so the nonce can stand still.
 */
import nacl from "tweetnacl";
import type { MaskContext } from "./masks.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** Bytes that a sealed packet is longer than what is in it. */
export const overhead = nacl.secretbox.overheadLength;

const nonce = new Uint8Array(nacl.secretbox.nonceLength);

async function packetKey(context: MaskContext, shared: Bytes, from: number, to: number): Promise<Bytes> {
  const domain = new TextEncoder().encode("murmur/box/1");
  const info = new Uint8Array(domain.length + 32 + 8);
  info.set(domain);
  info.set(context.announcementHash, domain.length);
  const view = new DataView(info.buffer);
  view.setUint32(domain.length + 32, from);
  view.setUint32(domain.length + 36, to);
  const material = await crypto.subtle.importKey("raw", shared, "HKDF", false, ["deriveBits"]);
  return new Uint8Array(
    await crypto.subtle.deriveBits({ name: "HKDF", hash: "SHA-256", salt: context.rosterHash, info }, material, 256),
  );
}

export async function seal(
  context: MaskContext,
  shared: Bytes,
  from: number,
  to: number,
  packet: Bytes,
): Promise<Bytes> {
  return new Uint8Array(nacl.secretbox(packet, nonce, await packetKey(context, shared, from, to)));
}

/** Undefined when the packet was not sealed by `from` for `to` in this very round. */
export async function open(
  context: MaskContext,
  shared: Bytes,
  from: number,
  to: number,
  sealed: Bytes,
): Promise<Bytes | undefined> {
  const packet = nacl.secretbox.open(sealed, nonce, await packetKey(context, shared, from, to));
  return packet ? new Uint8Array(packet) : undefined;
}
