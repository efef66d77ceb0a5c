/**
 * Keys of one participant: an Ed25519 identity that signs, and X25519 pairs made anew each round.
 * WebCrypto does the work where it knows the curves (non-extractable keys); @noble/curves elsewhere.
 */
import { toHex } from "../canonical.ts";

type Bytes = Uint8Array<ArrayBuffer>;

export interface Identity {
  /** Ed25519, 32 bytes */
  readonly publicKey: Bytes;
  /** 64-byte signature */
  sign(message: Bytes): Promise<Bytes>;
}

export interface KeyAgreement {
  /** X25519, 32 bytes */
  readonly publicKey: Bytes;
  /** 32 bytes; shared out among the cohort so that a dropout's masks can be removed */
  readonly secret: Bytes;
  /** 32-byte shared secret; throws on a low-order peer key, whose secret everyone would know */
  agree(peer: Bytes): Promise<Bytes>;
}

/** RFC 8410: the PKCS #8 wrapping of a 32-byte X25519 private key, which WebCrypto cannot import bare. */
const pkcs8X25519 = new Uint8Array([
  0x30, 0x2e, 0x02, 0x01, 0, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x6e, 0x04, 0x22, 0x04, 0x20,
]);
/** RFC 7748 §4.1: u = 9; agreeing with it gives one's own public key. */
const basePoint = new Uint8Array(32).fill(0);
basePoint[0] = 9;

/** Loaded where WebCrypto lacks a curve: other tabs are spared 16 kB. */
const fallback = () => import("@noble/curves/ed25519.js");

const supported = new Map<string, Promise<boolean>>();

/** Browsers got these curves at different times; ask once by doing. */
function webCryptoKnows(curve: "X25519" | "Ed25519"): Promise<boolean> {
  const key = basePoint;
  const known =
    supported.get(curve) ??
    crypto.subtle.importKey("raw", key, { name: curve }, true, curve === "X25519" ? [] : ["verify"]).then(
      () => true,
      () => false,
    );
  supported.set(curve, known);
  return known;
}

/** The platform's key pair, which a tab keeps in its own storage; only the fallback's has visible secret bytes. */
export type IdentityKeys = { publicKey: CryptoKey; privateKey: CryptoKey } | { secret: Bytes };

export async function generateIdentityKeys(): Promise<IdentityKeys> {
  if (await webCryptoKnows("Ed25519")) return crypto.subtle.generateKey({ name: "Ed25519" }, false, ["sign", "verify"]);
  return { secret: crypto.getRandomValues(new Uint8Array(32)) };
}

export async function identityFrom(keys: IdentityKeys): Promise<Identity> {
  if ("secret" in keys) {
    const { ed25519 } = await fallback();
    const publicKey = new Uint8Array(ed25519.getPublicKey(keys.secret));
    return { publicKey, sign: async (message) => new Uint8Array(ed25519.sign(message, keys.secret)) };
  }
  const publicKey = new Uint8Array(await crypto.subtle.exportKey("raw", keys.publicKey));
  return {
    publicKey,
    sign: async (message) => new Uint8Array(await crypto.subtle.sign({ name: "Ed25519" }, keys.privateKey, message)),
  };
}

/**
 * y of the Ed25519 points of order 1, 2, 4 and 8, little-endian hex, with the encodings above 2^255 − 19. Under such a key
 * S = 0 signs many a message, and not every WebCrypto minds.
 */
const lowOrder = new Set([
  `00${"00".repeat(31)}`,
  `01${"00".repeat(31)}`,
  "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
  "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
  `ec${"ff".repeat(30)}7f`,
  `ed${"ff".repeat(30)}7f`,
  `ee${"ff".repeat(30)}7f`,
]);

function isLowOrder(publicKey: Bytes): boolean {
  const y = publicKey.slice();
  // The top bit is the sign of x.
  y[31]! &= 0x7f;
  return lowOrder.has(toHex(y));
}

/**
 * u of the X25519 points of order 1, 2, 4 and 8 on the curve and its twist, little-endian hex, with the encodings above
 * 2^255 − 19 (Bernstein, «Curve25519»). A secret agreed with such a key is zero, and everybody knows it.
 */
const lowOrderX25519 = new Set([
  `00${"00".repeat(31)}`,
  `01${"00".repeat(31)}`,
  "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
  "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
  `ec${"ff".repeat(30)}7f`,
  `ed${"ff".repeat(30)}7f`,
  `ee${"ff".repeat(30)}7f`,
]);

/** Whether no honest member can have offered this key: whoever agrees on a secret checks the secret as well. */
export function isWeakAgreementKey(publicKey: Bytes): boolean {
  const u = publicKey.slice();
  // RFC 7748 §5: the top bit is ignored.
  u[31]! &= 0x7f;
  return lowOrderX25519.has(toHex(u));
}

/** A platform's bare check of an Ed25519 signature. Not every one minds a key of low order: `verifySignature` does. */
export type Ed25519Verify = (publicKey: Bytes, signature: Bytes, message: Bytes) => boolean | Promise<boolean>;

async function verifierHere(): Promise<Ed25519Verify> {
  if (!(await webCryptoKnows("Ed25519"))) {
    const { ed25519 } = await fallback();
    return (publicKey, signature, message) => ed25519.verify(signature, message, publicKey, { zip215: false });
  }
  return async (publicKey, signature, message) => {
    const key = await crypto.subtle.importKey("raw", publicKey, { name: "Ed25519" }, true, ["verify"]);
    return crypto.subtle.verify({ name: "Ed25519" }, key, signature, message);
  };
}

/**
 * False for anything but a good signature; malleated ones (S + L) and low-order keys are not good.
 * @throws only where the fallback cannot be loaded, which says nothing of the signature
 */
export async function verifySignature(
  publicKey: Bytes,
  signature: Bytes,
  message: Bytes,
  given?: Ed25519Verify,
): Promise<boolean> {
  if (publicKey.length !== 32 || signature.length !== 64 || isLowOrder(publicKey)) return false;
  const verify = given ?? (await verifierHere());
  try {
    return await verify(publicKey, signature, message);
  } catch {
    return false;
  }
}

/** A pair for one round; from `secret` when a dropout's shares are put together again. */
export async function keyAgreement(secret: Bytes = crypto.getRandomValues(new Uint8Array(32))): Promise<KeyAgreement> {
  if (!(await webCryptoKnows("X25519"))) {
    const { x25519 } = await fallback();
    return {
      publicKey: new Uint8Array(x25519.getPublicKey(secret)),
      secret,
      agree: async (peer) => new Uint8Array(x25519.getSharedSecret(secret, peer)),
    };
  }
  const wrapped = new Uint8Array(48);
  wrapped.set(pkcs8X25519);
  wrapped.set(secret, 16);
  const privateKey = await crypto.subtle.importKey("pkcs8", wrapped, { name: "X25519" }, false, ["deriveBits"]);
  const agree = async (peer: Bytes): Promise<Bytes> => {
    const key = await crypto.subtle.importKey("raw", peer, { name: "X25519" }, true, []);
    const shared = new Uint8Array(await crypto.subtle.deriveBits({ name: "X25519", public: key }, privateKey, 256));
    // RFC 7748 §6.1 asks for this check; not every WebCrypto makes it.
    if (shared.every((byte) => byte === 0)) throw new Error("the peer's key is of low order");
    return shared;
  };
  return { publicKey: await agree(basePoint), secret, agree };
}
