import fc from "fast-check";
import { expect, test } from "vitest";
import { open, seal } from "./boxes.ts";
import { keyAgreement } from "./keys.ts";
import type { MaskContext } from "./masks.ts";

const context: MaskContext = { announcementHash: new Uint8Array(32).fill(1), rosterHash: new Uint8Array(32).fill(2) };
const shared = new Uint8Array(32).fill(3);
const packet = Uint8Array.from({ length: 74 }, (_, i) => i);

test("a packet opens at the other end", async () => {
  const [a, b] = await Promise.all([keyAgreement(), keyAgreement()]);
  const sealed = await seal(context, await a.agree(b.publicKey), 1, 2, packet);
  expect(sealed.length).toBe(packet.length + 16);
  expect(await open(context, await b.agree(a.publicKey), 1, 2, sealed)).toEqual(packet);
});

test("it opens only in its own direction, between its own members, in its own round and under its own secret", async () => {
  const sealed = await seal(context, shared, 1, 2, packet);
  expect(await open(context, shared, 1, 2, sealed)).toEqual(packet);
  for (const [from, to] of [
    [2, 1],
    [1, 3],
    [0, 2],
    [1, 258],
  ] as const)
    expect(await open(context, shared, from, to, sealed)).toBeUndefined();
  for (let bit = 0; bit < 256; bit++) {
    const flip = (bytes: Uint8Array<ArrayBuffer>) =>
      bytes.map((byte, i) => (i === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte));
    const { announcementHash, rosterHash } = context;
    const otherRound = { announcementHash: flip(announcementHash), rosterHash };
    expect(await open(otherRound, shared, 1, 2, sealed)).toBeUndefined();
    const otherRoster = { announcementHash, rosterHash: flip(rosterHash) };
    expect(await open(otherRoster, shared, 1, 2, sealed)).toBeUndefined();
    expect(await open(context, flip(shared), 1, 2, sealed)).toBeUndefined();
  }
});

test("a packet altered by one bit, cut or lengthened does not open, and nothing throws", async () => {
  const sealed = await seal(context, shared, 1, 2, packet);
  for (let bit = 0; bit < 8 * sealed.length; bit++) {
    const altered = sealed.map((byte, i) => (i === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte));
    expect(await open(context, shared, 1, 2, altered)).toBeUndefined();
  }
  expect(await open(context, shared, 1, 2, new Uint8Array([...sealed, 0]))).toBeUndefined();
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 120 }), async (junk) => {
      expect(await open(context, shared, 1, 2, new Uint8Array(junk))).toBeUndefined();
    }),
    { seed: 1 },
  );
});
