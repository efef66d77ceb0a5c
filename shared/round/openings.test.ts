import fc from "fast-check";
import { expect, test } from "vitest";
import { toHex } from "../canonical.ts";
import { nonceCommitment } from "../secure-sum/graph.ts";
import { decodeOpenings, encodeOpenings, type Opening } from "./openings.ts";

const round = "11".repeat(32);
const bytes = (length: number) =>
  fc.uint8Array({ minLength: length, maxLength: length }).map((some) => new Uint8Array(some));
const members = fc.array(fc.record({ nonce: bytes(16), keysHash: bytes(32), isOpened: fc.boolean() }), {
  minLength: 1,
  maxLength: 40,
});

test("openings come back, with every commitment that was made, opened or not", async () => {
  await fc.assert(
    fc.asyncProperty(members, async (all) => {
      const made = await Promise.all(all.map(({ nonce, keysHash }) => nonceCommitment(nonce, keysHash, round)));
      const opened = new Map<number, Opening>();
      for (const [i, { nonce, keysHash, isOpened }] of all.entries()) if (isOpened) opened.set(i, { nonce, keysHash });
      const encoded = encodeOpenings(made.map(toHex), opened);
      const decoded = (await decodeOpenings(encoded, all.length, round))!;
      expect(decoded.opened).toEqual(opened);
      expect(toHex(decoded.commitments)).toBe(made.map(toHex).join(""));
      expect(await decodeOpenings(encoded.slice(1), all.length, round)).toBeUndefined();
      expect(await decodeOpenings(encoded, all.length + 1, round)).toBeUndefined();
    }),
  );
});
