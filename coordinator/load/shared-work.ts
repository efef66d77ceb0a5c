/**
 * The cryptography of many members in one process. It is all done, by Node's own library, and what several members need is done
 * once: a signature that a hundred neighbours check, a secret that two of them agree on, a graph that everybody draws.
 */
import { createPrivateKey, createPublicKey, diffieHellman } from "node:crypto";
import { toHex } from "../../shared/canonical.ts";
import { type Drawn, drawFrom } from "../../shared/round/1-roster.ts";
import type { Cryptography } from "../../shared/round/round.ts";
import { bulkCrypto } from "../bulk-crypto.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** Of as many members as a process has, those of one round. */
const mostSignatures = 50_000;

const latin = (bytes: Uint8Array) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1");
const base64url = (bytes: Uint8Array) => Buffer.from(bytes).toString("base64url");

export function sharedCrypto(): Cryptography {
  const signatures = new Map<string, boolean | Promise<boolean>>();
  const secrets = new Map<string, Bytes>();
  return {
    ...bulkCrypto,
    verify: (publicKey, signature, message) => {
      const all = latin(publicKey) + latin(signature) + latin(message);
      const known = signatures.get(all);
      if (known !== undefined) return known;
      if (signatures.size >= mostSignatures) signatures.delete(signatures.keys().next().value!);
      const isRight = bulkCrypto.verify(publicKey, signature, message);
      signatures.set(all, isRight);
      return isRight;
    },
    agreement: (secret) => {
      const jwk = { kty: "OKP", crv: "X25519", d: base64url(secret), x: "" };
      const privateKey = createPrivateKey({ key: jwk, format: "jwk" });
      const own = Buffer.from(createPublicKey(privateKey).export({ format: "jwk" }).x!, "base64url");
      const text = latin(own);
      return {
        publicKey: new Uint8Array(own),
        secret,
        agree: async (peer) => {
          const other = latin(peer);
          const pair = text < other ? text + other : other + text;
          const known = secrets.get(pair);
          // Each secret is asked for twice: by the one, then by the other.
          if (known) secrets.delete(pair);
          if (known) return known;
          const publicKey = createPublicKey({ key: { kty: "OKP", crv: "X25519", x: base64url(peer) }, format: "jwk" });
          const agreed = new Uint8Array(diffieHellman({ privateKey, publicKey }));
          secrets.set(pair, agreed);
          return agreed;
        },
      };
    },
  };
}

/** What the last round's openings gave, and all that it follows from. */
let drawn: { from: string; drawn: Promise<Drawn> } | undefined;

/** For members of one process: each hashes what it was sent, and the first of those who were sent the same draws from it. */
export const drawOnce: typeof drawFrom = async (env, state, message) => {
  const openings = toHex(await bulkCrypto.sha256(message.openings));
  const { rosterHash, size, graph } = state.cohort;
  const { facts, commitmentsHash } = state;
  const known = [env.coordinatorKey, facts.announcementHash, rosterHash, size, graph, commitmentsHash];
  const from = JSON.stringify([...known, message.nonces, openings]);
  if (drawn?.from !== from) drawn = { from, drawn: drawFrom(env, state, message) };
  return drawn.drawn;
};
