/**
 * What a coordinator does to every byte and for every mask, by Node's own crypto: WebCrypto would copy each input and
 * hand it to a thread, five times the work of one derivation.
 */
import {
  createCipheriv,
  createHash,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  hkdfSync,
  type KeyObject,
  verify,
} from "node:crypto";
import type { CoordinatorEnv } from "../shared/round/round.ts";
import { release } from "./release.ts";

const base64url = (bytes: Uint8Array) => Buffer.from(bytes).toString("base64url");

/** Of as many members as a large cohort has: each is checked four times a round, and every key was imported for each. */
const mostKeys = 2 ** 14;
const imported = new Map<string, KeyObject>();

function publicKeyOf(crv: "X25519" | "Ed25519", key: Uint8Array): KeyObject {
  const x = base64url(key);
  const known = imported.get(crv + x);
  if (known) return known;
  // As a JSON Web Key: taking DER apart costs Node eight times as much.
  const publicKey = createPublicKey({ key: { kty: "OKP", crv, x }, format: "jwk" });
  if (imported.size >= mostKeys) imported.delete(imported.keys().next().value!);
  imported.set(crv + x, publicKey);
  return publicKey;
}

const zeros = new Uint8Array(2 ** 18);

export const bulkCrypto: Pick<CoordinatorEnv, "cipher" | "hkdf" | "agreement" | "sha256" | "startHash" | "verify"> = {
  cipher: (key) => {
    const cipher = createCipheriv("aes-256-ctr", key, new Uint8Array(16));
    let before: Uint8Array | undefined;
    const end = () => {
      if (before) release(before);
    };
    return {
      next(length) {
        end();
        before = cipher.update(zeros.subarray(0, length));
        return before;
      },
      end,
    };
  },
  hkdf: (secret, salt, info) => new Uint8Array(hkdfSync("sha256", secret, salt, info, 32)),
  agreement: (secret) => {
    // Node asks for x, and takes no notice of it.
    const jwk = { kty: "OKP", crv: "X25519", d: base64url(secret), x: "" };
    const privateKey = createPrivateKey({ key: jwk, format: "jwk" });
    const own = createPublicKey(privateKey).export({ format: "jwk" });
    return {
      publicKey: new Uint8Array(Buffer.from(own.x!, "base64url")),
      secret,
      // OpenSSL refuses a peer of low order, whose secret would be zero.
      agree: async (peer) => new Uint8Array(diffieHellman({ privateKey, publicKey: publicKeyOf("X25519", peer) })),
    };
  },
  sha256: (bytes) => new Uint8Array(createHash("sha256").update(bytes).digest()),
  startHash: () => createHash("sha256"),
  verify: (publicKey, signature, message) => verify(null, message, publicKeyOf("Ed25519", publicKey), signature),
};
