/**
 * What a coordinator does to every byte and for every mask, by Node's own crypto: WebCrypto would copy each input and
 * hand it to a thread, five times the work of one derivation.
 */
import { createCipheriv, createHash, createPrivateKey, createPublicKey, diffieHellman, hkdfSync } from "node:crypto";
import type { CoordinatorEnv } from "../shared/round/round.ts";
import { release } from "./release.ts";

/** RFC 8410: what stands before the 32 bytes of a private and of a public key. */
const pkcs8X25519 = Buffer.from("302e020100300506032b656e04220420", "hex");
const spkiX25519 = Buffer.from("302a300506032b656e032100", "hex");

const zeros = new Uint8Array(2 ** 18);

export const bulkCrypto: Pick<CoordinatorEnv, "cipher" | "hkdf" | "agreement" | "startHash"> = {
  cipher: (key) => {
    const cipher = createCipheriv("aes-256-ctr", key, new Uint8Array(16));
    let before: Uint8Array | undefined;
    return (length) => {
      if (before) release(before);
      before = cipher.update(zeros.subarray(0, length));
      return before;
    };
  },
  hkdf: (secret, salt, info) => new Uint8Array(hkdfSync("sha256", secret, salt, info, 32)),
  agreement: (secret) => {
    const privateKey = createPrivateKey({ key: Buffer.concat([pkcs8X25519, secret]), format: "der", type: "pkcs8" });
    const own = createPublicKey(privateKey).export({ format: "der", type: "spki" });
    return {
      publicKey: new Uint8Array(own.subarray(spkiX25519.length)),
      secret,
      // OpenSSL refuses a peer of low order, whose secret would be zero.
      agree: async (peer) => {
        const publicKey = createPublicKey({ key: Buffer.concat([spkiX25519, peer]), format: "der", type: "spki" });
        return new Uint8Array(diffieHellman({ privateKey, publicKey }));
      },
    };
  },
  startHash: () => createHash("sha256"),
};
