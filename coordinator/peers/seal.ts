/**
 * What processes say to each other lies in Redis sealed: there are invitations in it, and requests with the operator's key. The
 * seal's key follows from that one, which all processes of a coordinator have. AES-256-GCM, with the receiver bound to it,
 * so that nobody who holds Redis reads a message, makes one up, or hands one on to another process.
 */
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from "node:crypto";

const algorithm = "aes-256-gcm";
const nonceBytes = 12;
const tagBytes = 16;

export class Seal {
  readonly #key: Buffer;

  constructor(operatorKey: string) {
    this.#key = Buffer.from(hkdfSync("sha256", operatorKey, "", "murmur/peers", 32));
  }

  /** @returns nonce, tag, ciphertext */
  close(bytes: Uint8Array, to: string): Buffer {
    const nonce = randomBytes(nonceBytes);
    const cipher = createCipheriv(algorithm, this.#key, nonce).setAAD(Buffer.from(to));
    const text = Buffer.concat([cipher.update(bytes), cipher.final()]);
    return Buffer.concat([nonce, cipher.getAuthTag(), text]);
  }

  /** @throws Error for what no process of this coordinator has sealed, or not for `to` */
  open(sealed: Buffer, to: string): Buffer {
    const nonce = sealed.subarray(0, nonceBytes);
    const tag = sealed.subarray(nonceBytes, nonceBytes + tagBytes);
    const cipher = createDecipheriv(algorithm, this.#key, nonce, { authTagLength: tagBytes });
    cipher.setAAD(Buffer.from(to)).setAuthTag(tag);
    return Buffer.concat([cipher.update(sealed.subarray(nonceBytes + tagBytes)), cipher.final()]);
  }
}
