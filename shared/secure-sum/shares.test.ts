import fc from "fast-check";
import { expect, test } from "vitest";
import { toHex } from "../canonical.ts";
import { largestCohort, recover, seedCommitment, shareOut } from "./shares.ts";

type Bytes = Uint8Array<ArrayBuffer>;
const secretOf = (byte: number) => Uint8Array.from({ length: 32 }, (_, i) => (byte + 7 * i) & 255);
const is = (secret: Bytes) => async (found: Bytes) => toHex(found) === toHex(secret);

function* subsets<T>(items: T[], size: number): Generator<T[]> {
  if (size === 0) yield [];
  else
    for (const [i, item] of items.entries())
      for (const rest of subsets(items.slice(i + 1), size - 1)) yield [item, ...rest];
}

test("any threshold of the shares give the secret, and no fewer do", async () => {
  for (const [members, threshold] of [
    [3, 2],
    [5, 3],
    [6, 4],
    [6, 6],
  ] as const) {
    const secret = secretOf(members);
    const shares = await shareOut(secret, members, threshold);
    for (const enough of subsets(shares, threshold))
      expect(await recover(enough, threshold, is(secret))).toEqual(secret);
    for (const few of subsets(shares, threshold - 1)) {
      expect(await recover(few, threshold, is(secret))).toBeUndefined();
      // Nor do they by themselves, whatever the caller believes the threshold to be.
      expect(await recover(few, 1, is(secret))).toBeUndefined();
    }
  }
});

test("the largest cohort is 255: shares of 33 bytes, all different", async () => {
  const secret = secretOf(1);
  const shares = await shareOut(secret, largestCohort, 128);
  expect(new Set(shares.map(toHex)).size).toBe(largestCohort);
  expect(shares.every((share) => share.length === 33)).toBe(true);
  expect(await recover(shares.slice(100, 228), 128, is(secret))).toEqual(secret);
  await expect(shareOut(secret, largestCohort + 1, 128)).rejects.toThrow(/invariant/);
});

test("one bad share among enough good ones does no harm", async () => {
  const secret = secretOf(9);
  await fc.assert(
    fc.asyncProperty(fc.nat(5), fc.uint8Array({ minLength: 0, maxLength: 40 }), async (at, junk) => {
      const shares = await shareOut(secret, 6, 5);
      shares[at] = new Uint8Array(junk);
      expect(await recover(shares, 5, is(secret))).toEqual(secret);
    }),
    { seed: 4, numRuns: 200 },
  );
});

test("a share sent twice does no harm", async () => {
  const secret = secretOf(9);
  const shares = await shareOut(secret, 5, 3);
  expect(await recover([shares[0]!, ...shares], 3, is(secret))).toEqual(secret);
});

test("bad shares that leave too few good ones give nothing, never a wrong secret", async () => {
  const secret = secretOf(9);
  const shares = await shareOut(secret, 5, 3);
  const bad = shares.map((share, i) => (i < 3 ? share.map((byte, at) => (at === 0 ? byte ^ 1 : byte)) : share));
  expect(await recover(bad, 3, is(secret))).toBeUndefined();
  expect(await recover([], 3, is(secret))).toBeUndefined();
});

test("a commitment binds seed, owner and roster: each bit of each matters", async () => {
  const seed = secretOf(3);
  const roster = secretOf(77);
  const commitment = await seedCommitment(seed, 5, roster);
  expect(await seedCommitment(seed.slice(), 5, roster.slice())).toBe(commitment);
  for (let bit = 0; bit < 256; bit++) {
    const flip = (bytes: Bytes) => bytes.map((byte, i) => (i === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte));
    expect(await seedCommitment(flip(seed), 5, roster)).not.toBe(commitment);
    expect(await seedCommitment(seed, 5, flip(roster))).not.toBe(commitment);
  }
  for (const owner of [0, 4, 6, 5 + 256]) expect(await seedCommitment(seed, owner, roster)).not.toBe(commitment);
});
