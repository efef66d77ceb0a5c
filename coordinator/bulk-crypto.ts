/** What a coordinator does to every byte, by Node's own AES and SHA-256: WebCrypto would copy each input for a thread. */
import { createCipheriv, createHash } from "node:crypto";
import type { CoordinatorEnv } from "../shared/round/round.ts";
import { release } from "./release.ts";

const zeros = new Uint8Array(2 ** 18);

export const bulkCrypto: Pick<CoordinatorEnv, "cipher" | "startHash"> = {
  cipher: (key) => {
    const cipher = createCipheriv("aes-256-ctr", key, new Uint8Array(16));
    let before: Uint8Array | undefined;
    return (length) => {
      if (before) release(before);
      before = cipher.update(zeros.subarray(0, length));
      return before;
    };
  },
  startHash: () => createHash("sha256"),
};
