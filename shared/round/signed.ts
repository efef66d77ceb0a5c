import { canonicalBytes, fromHex, toHex } from "../canonical.ts";
import { type Ed25519Verify, type Identity, verifySignature } from "../secure-sum/keys.ts";

/** A body and an Ed25519 signature (hex) over its canonical bytes under a label of its own, so that none passes for another. */
export interface Signed<Body> {
  body: Body;
  signature: string;
}

export type SignedKind =
  | "announcement"
  | "witnessed-announcement"
  | "witnessed-roster"
  | "witnessed-result"
  | "ready"
  | "roster"
  | "nonces"
  | "shares"
  | "delivery"
  | "masked"
  | "survivors"
  | "agreement"
  | "unmask"
  | "result"
  | "review";

const labelled = (kind: SignedKind, body: unknown) => canonicalBytes([`murmur/${kind}/1`, body]);

export async function signBody<Body>(
  kind: SignedKind,
  body: Body,
  signer: Pick<Identity, "sign">,
): Promise<Signed<Body>> {
  return { body, signature: toHex(await signer.sign(labelled(kind, body))) };
}

/** @param publicKey 32 bytes, hex @param verify the platform's own by default */
export async function isSignedBy(
  kind: SignedKind,
  message: Signed<unknown>,
  publicKey: string,
  verify?: Ed25519Verify,
): Promise<boolean> {
  let parts: Parameters<typeof verifySignature>;
  try {
    parts = [fromHex(publicKey), fromHex(message.signature), labelled(kind, message.body), verify];
  } catch {
    return false;
  }
  return verifySignature(...parts);
}
