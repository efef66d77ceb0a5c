import { createCipheriv } from "node:crypto";
import { hkdf } from "@noble/hashes/hkdf.js";
import { sha256 as noble256 } from "@noble/hashes/sha2.js";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { Noised } from "../privacy/stages.ts";
import { uniformP } from "../privacy/testing/chi-squared.ts";
import { seededWords } from "../privacy/testing/seeded.ts";
import { addMasks, type MaskContext, mask, pairKey, pairSign, selfKey } from "./masks.ts";
import { addPacked, centred, packedLength } from "./packing.ts";

const next = seededWords(3);
const bytes32 = () => Uint8Array.from({ length: 32 }, () => next() & 255);
const context: MaskContext = { announcementHash: bytes32(), rosterHash: bytes32() };

/** The first `length` words of a key's mask. */
async function stream(key: Uint8Array<ArrayBuffer>, length = 8, bits = 32): Promise<Uint32Array> {
  const sum = new Uint32Array(length);
  await addMasks(sum, [key], 1, bits);
  return sum;
}

async function maskedCohort(answers: Int32Array[], bits: number) {
  const size = answers.length;
  const secrets = new Map<string, Uint8Array<ArrayBuffer>>();
  const secret = (u: number, v: number) => {
    const name = `${Math.min(u, v)}/${Math.max(u, v)}`;
    if (!secrets.has(name)) secrets.set(name, bytes32());
    return secrets.get(name)!;
  };
  const seeds = answers.map(bytes32);
  const vectors = await Promise.all(
    answers.map(async (answer, me) => {
      const others = Array.from({ length: size }, (_, v) => v).filter((v) => v !== me);
      const keys = await Promise.all(
        others.map(async (v) => [v, await pairKey(context, secret(me, v), me, v)] as const),
      );
      return mask(answer as Noised, bits, me, await selfKey(context, seeds[me]!, me), new Map(keys));
    }),
  );
  return { vectors, seeds };
}

test.each([1, 7, 20, 31, 32])(
  "pairwise masks cancel modulo 2^%i: without the self masks the sum is exact",
  async (bits) => {
    const half = 2 ** (bits - 1);
    const answers = Array.from({ length: 5 }, () =>
      Int32Array.from({ length: 20 }, () => Math.trunc((next() / 2 ** 32 - 0.5) * 0.39 * half)),
    );
    const { vectors, seeds } = await maskedCohort(answers, bits);
    const sum = new Uint32Array(20);
    for (const vector of vectors) for (const [i, x] of vector.entries()) sum[i] = (sum[i]! + x) % 2 ** bits;
    for (const [me, seed] of seeds.entries()) await addMasks(sum, [await selfKey(context, seed, me)], -1, bits);
    const expected = Array.from({ length: 20 }, (_, i) => answers.reduce((s, a) => s + a[i]!, 0));
    expect(Array.from(centred(sum, bits))).toEqual(expected);
    for (const vector of vectors) expect(vector.every((x) => x < 2 ** bits)).toBe(true);
  },
);

test("a masked vector of zeros is uniform, at every width", async () => {
  for (const bits of [8, 20, 32]) {
    const { vectors } = await maskedCohort([new Int32Array(40_000), new Int32Array(40_000)], bits);
    // Fixed keys; with fresh ones a right mask would fail with probability 1e-4.
    for (const vector of vectors) expect(uniformP(vector, bits)).toBeGreaterThan(1e-4);
  }
});

test("each mask alone is uniform, and masks of different keys are unlike", async () => {
  const shared = bytes32();
  const pair = await stream(await pairKey(context, shared, 0, 1), 40_000);
  const self = await stream(await selfKey(context, shared, 0), 40_000);
  expect(uniformP(pair, 32)).toBeGreaterThan(1e-4);
  expect(uniformP(self, 32)).toBeGreaterThan(1e-4);
  const difference = pair.map((x, i) => x - self[i]!);
  expect(uniformP(difference, 32)).toBeGreaterThan(1e-4);
});

test("both ends of a pair make the same mask, and one adds what the other subtracts", async () => {
  const shared = bytes32();
  expect(await stream(await pairKey(context, shared, 3, 8))).toEqual(
    await stream(await pairKey(context, shared, 8, 3)),
  );
  expect(pairSign(3, 8) + pairSign(8, 3)).toBe(0);
});

test("every bit of the announcement, the roster and the secret matters, and so does each index", async () => {
  const shared = bytes32();
  const own = await stream(await pairKey(context, shared, 1, 2));
  const ownSelf = await stream(await selfKey(context, shared, 1));
  const flipped = (bytes: Uint8Array<ArrayBuffer>, bit: number) => {
    const copy = bytes.slice();
    copy[bit >> 3]! ^= 1 << (bit & 7);
    return copy;
  };
  for (let bit = 0; bit < 256; bit++) {
    for (const other of [
      { ...context, announcementHash: flipped(context.announcementHash, bit) },
      { ...context, rosterHash: flipped(context.rosterHash, bit) },
    ]) {
      expect(await stream(await pairKey(other, shared, 1, 2))).not.toEqual(own);
      expect(await stream(await selfKey(other, shared, 1))).not.toEqual(ownSelf);
    }
    expect(await stream(await pairKey(context, flipped(shared, bit), 1, 2))).not.toEqual(own);
  }
  for (const [u, v] of [
    [0, 2],
    [1, 3],
    [2, 2],
    [1, 258],
  ] as const)
    expect(await stream(await pairKey(context, shared, u, v))).not.toEqual(own);
  expect(await stream(await selfKey(context, shared, 2))).not.toEqual(ownSelf);
  // A pair's key never passes for a self key of the same secret.
  expect(await stream(await pairKey(context, shared, 1, 1))).not.toEqual(ownSelf);
});

test("keys are HKDF-SHA-256 of the secret, salted by the roster, as another library makes them", async () => {
  const shared = bytes32();
  const info = (label: string, a: number, b: number) => {
    const indices = new Uint8Array(8);
    new DataView(indices.buffer).setUint32(0, a);
    new DataView(indices.buffer).setUint32(4, b);
    return new Uint8Array([...new TextEncoder().encode(label), ...context.announcementHash, ...indices]);
  };
  expect(await pairKey(context, shared, 9, 4)).toEqual(
    hkdf(noble256, shared, context.rosterHash, info("murmur/mask/1", 4, 9), 32),
  );
  expect(await selfKey(context, shared, 9)).toEqual(
    hkdf(noble256, shared, context.rosterHash, info("murmur/self/1", 9, 9), 32),
  );
});

test("adding and subtracting one mask changes nothing", async () => {
  const key = await selfKey(context, bytes32(), 0);
  await fc.assert(
    fc.asyncProperty(
      fc
        .integer({ min: 1, max: 32 })
        .chain((bits) =>
          fc.tuple(fc.constant(bits), fc.array(fc.integer({ min: 0, max: 2 ** bits - 1 }), { minLength: 1 })),
        ),
      async ([bits, values]) => {
        const sum = Uint32Array.from(values);
        await addMasks(sum, [key], 1, bits);
        await addMasks(sum, [key], -1, bits);
        expect(Array.from(sum)).toEqual(values);
      },
    ),
    { seed: 20 },
  );
});

test("a mask is the key's AES-256-CTR stream from counter 0, packed, over all its pieces", async () => {
  const key = bytes32();
  for (const bits of [20, 31, 32]) {
    const sum = new Uint32Array(150_001);
    await addMasks(sum, [key], 1, bits);
    const stream = createCipheriv("aes-256-ctr", key, new Uint8Array(16)).update(new Uint8Array(4 * sum.length));
    const expected = new Uint32Array(sum.length);
    addPacked(expected, stream.subarray(0, packedLength(sum.length, bits)), bits);
    expect(centred(sum, bits)).toEqual(centred(expected, bits));
  }
});

test("nobody masks for a cohort of one", async () => {
  const key = await selfKey(context, bytes32(), 0);
  await expect(mask(new Int32Array(3) as Noised, 32, 0, key, new Map())).rejects.toThrow(/invariant/);
});
