import fc from "fast-check";
import { combine } from "shamir-secret-sharing";
import { expect, test } from "vitest";
import { toHex } from "../canonical.ts";
import { largestSharing, recover, seedCommitment, shareOut } from "./shares.ts";

type Bytes = Uint8Array<ArrayBuffer>;
const secretOf = (byte: number) => Uint8Array.from({ length: 32 }, (_, i) => (byte + 7 * i) & 255);
const is = (secret: Bytes) => async (found: Bytes) => toHex(found) === toHex(secret);
/** Holders are numbered from 100, to tell a holder from a share's place. */
const held = (shares: Bytes[]) => new Map(shares.map((share, i) => [100 + i, share]));

function* subsets<T>(items: T[], size: number): Generator<T[]> {
  if (size === 0) yield [];
  else
    for (const [i, item] of items.entries())
      for (const rest of subsets(items.slice(i + 1), size - 1)) yield [item, ...rest];
}

test("any threshold of the shares give the secret, and no fewer do", async () => {
  for (const [holders, threshold] of [
    [3, 2],
    [5, 3],
    [6, 4],
    [6, 6],
  ] as const) {
    const secret = secretOf(holders);
    const shares = await shareOut(secret, holders, threshold);
    for (const enough of subsets(shares, threshold))
      expect(await recover(held(enough), threshold, is(secret))).toEqual({ secret, misfits: [] });
    for (const few of subsets(shares, threshold - 1)) {
      expect(await recover(held(few), threshold, is(secret))).toBeUndefined();
      // Nor do they by themselves, whatever the caller believes the threshold to be.
      expect(await recover(held(few), 1, is(secret))).toBeUndefined();
    }
  }
});

test("what is put together is what the library's own combine gives, right or wrong", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(fc.tuple(fc.integer({ min: 1, max: 255 }), fc.uint8Array({ minLength: 32, maxLength: 32 })), {
        minLength: 2,
        maxLength: 100,
        selector: ([place]) => place,
      }),
      async (drawn) => {
        const shares = drawn.map(([place, bytes]) => new Uint8Array([...bytes, place]));
        const theirs = new Uint8Array(await combine(shares));
        expect(await recover(held(shares), shares.length, async () => true)).toEqual({ secret: theirs, misfits: [] });
      },
    ),
    { seed: 6, numRuns: 50 },
  );
});

test("the largest neighbourhood is 254: shares of 33 bytes, all different", async () => {
  const secret = secretOf(1);
  const shares = await shareOut(secret, largestSharing, 128);
  expect(new Set(shares.map(toHex)).size).toBe(largestSharing);
  expect(shares.every((share) => share.length === 33)).toBe(true);
  expect(await recover(held(shares.slice(100, 228)), 128, is(secret))).toEqual({ secret, misfits: [] });
  await expect(shareOut(secret, largestSharing + 1, 128)).rejects.toThrow(/invariant/);
});

test("one bad share among enough good ones does no harm, and its holder is known where it stood in the way", async () => {
  const secret = secretOf(9);
  await fc.assert(
    fc.asyncProperty(fc.nat(5), fc.uint8Array({ minLength: 0, maxLength: 40 }), async (at, junk) => {
      const shares = await shareOut(secret, 6, 5);
      shares[at] = new Uint8Array(junk);
      const misfits = at < 5 || junk.length !== 33 ? [100 + at] : [];
      expect(await recover(held(shares), 5, is(secret))).toEqual({ secret, misfits });
    }),
    { seed: 4, numRuns: 200 },
  );
});

test("as many bad shares as a neighbourhood of a hundred may hold are found out, side by side or scattered", async () => {
  const secret = secretOf(3);
  // 120 neighbours of whom 87 open a secret, ten of them liars: at worst every random set of 87 misses none in 10^6.
  for (const bad of [Array.from({ length: 10 }, (_, i) => 40 + i), [3, 77, 119]]) {
    const shares = await shareOut(secret, 120, 87);
    for (const i of bad) shares[i]![5]! ^= 1;
    expect(await recover(held(shares), 87, is(secret))).toEqual({ secret, misfits: bad.map((i) => 100 + i) });
  }
});

test("false shares that cancel out at the secret put nobody else in the wrong", async () => {
  const secret = secretOf(5);
  // One in 255 pairs of equal errors cancels in the first set: here every pair of errors, until one has.
  const shares = await shareOut(secret, 20, 10);
  let cancelled = 0;
  for (let error = 1; error < 256; error++) {
    const lying = shares.map((share) => share.slice());
    lying[0]![0]! ^= 1;
    lying[1]![0]! ^= error;
    const tenOnly = await recover(held(lying.slice(0, 10)), 10, async () => true);
    cancelled += Number(toHex(tenOnly!.secret) === toHex(secret));
    const found = await recover(held(lying), 10, is(secret));
    expect(found?.secret).toEqual(secret);
    // Where they cancel in the first set they did no harm, and nobody is looked for.
    expect([[], [100, 101]]).toContainEqual(found?.misfits);
  }
  expect(cancelled).toBe(1);
});

test("a share that came twice counts once", async () => {
  const secret = secretOf(9);
  const shares = await shareOut(secret, 5, 3);
  const found = await recover(held([shares[0]!, ...shares]), 3, is(secret));
  expect(found).toEqual({ secret, misfits: [101] });
  expect(await recover(held([shares[0]!, shares[0]!, shares[1]!]), 3, is(secret))).toBeUndefined();
});

test("bad shares that leave too few good ones give nothing, never a wrong secret", async () => {
  const secret = secretOf(9);
  const shares = await shareOut(secret, 5, 3);
  const bad = shares.map((share, i) => (i < 3 ? share.map((byte, at) => (at === 0 ? byte ^ 1 : byte)) : share));
  expect(await recover(held(bad), 3, is(secret))).toBeUndefined();
  expect(await recover(new Map(), 3, is(secret))).toBeUndefined();
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
