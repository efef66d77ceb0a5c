import fc from "fast-check";
import { expect, test } from "vitest";
import { InputError } from "../errors.ts";
import type { Masked } from "../privacy/stages.ts";
import { seededWords } from "../privacy/testing/seeded.ts";
import { accumulate, addPacked, centred, looksWrapped, modulusMask, pack, packedLength } from "./packing.ts";

const seed = 20;
const bitsAndVectors = (vectors: number) =>
  fc.oneof(fc.constant(20), fc.integer({ min: 1, max: 32 })).chain((bits) =>
    fc.integer({ min: 0, max: 50 }).chain((length) =>
      fc.tuple(
        fc.constant(bits),
        fc.array(fc.array(fc.integer({ min: 0, max: 2 ** bits - 1 }), { minLength: length, maxLength: length }), {
          minLength: vectors,
          maxLength: vectors,
        }),
      ),
    ),
  );
/** What of a sum counts. */
const residues = (sum: Uint32Array, bits: number) => Array.from(sum, (x) => (x & modulusMask(bits)) >>> 0);
const masked = (values: number[]) => Uint32Array.from(values) as Masked;

test("what is packed comes back, at every width", () => {
  fc.assert(
    fc.property(bitsAndVectors(1), ([bits, [values]]) => {
      const bytes = pack(masked(values!), bits);
      expect(bytes.length).toBe(Math.ceil((values!.length * bits) / 8));
      const sum = new Uint32Array(values!.length);
      addPacked(sum, bytes, bits);
      expect(residues(sum, bits)).toEqual(values);
    }),
    { seed, numRuns: 500 },
  );
});

test("sums are taken modulo 2^bits", () => {
  fc.assert(
    fc.property(bitsAndVectors(4), ([bits, vectors]) => {
      const sum = new Uint32Array(vectors[0]!.length);
      for (const values of vectors) addPacked(sum, pack(masked(values), bits), bits);
      const modulus = 1n << BigInt(bits);
      const expected = vectors[0]!.map((_, i) => Number(vectors.reduce((s, v) => s + BigInt(v[i]!), 0n) % modulus));
      expect(residues(sum, bits)).toEqual(expected);
    }),
    { seed, numRuns: 500 },
  );
});

test("twenty bits, the usual width, give what any width gives: added and taken away, at every place in memory", () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 2 ** 20 - 1 }), { minLength: 1, maxLength: 60 }),
      fc.nat(3),
      fc.constantFrom(1, -1),
      (values, offset, sign) => {
        const packed = pack(masked(values), 20);
        const bytes = new Uint8Array(offset + packed.length);
        bytes.set(packed, offset);
        const sum = new Uint32Array(values.length).fill(7);
        accumulate(sum, [bytes.subarray(offset)], 20, sign as 1 | -1);
        expect(residues(sum, 20)).toEqual(values.map((value) => (2 ** 20 + 7 + sign * value) % 2 ** 20));
      },
    ),
    { seed },
  );
});

test("two vectors at once are one after the other, at every width, at every place in memory, added and taken away", () => {
  fc.assert(
    fc.property(
      bitsAndVectors(2),
      fc.tuple(fc.nat(3), fc.nat(3)),
      fc.constantFrom<1 | -1>(1, -1),
      ([bits, vectors], offsets, sign) => {
        const packed = vectors.map((values, v) => {
          const bytes = pack(masked(values), bits);
          const moved = new Uint8Array(offsets[v]! + bytes.length);
          moved.set(bytes, offsets[v]);
          return moved.subarray(offsets[v]);
        });
        const [together, apart] = [1, 2].map(() => new Uint32Array(vectors[0]!.length).fill(7)) as [
          Uint32Array,
          Uint32Array,
        ];
        accumulate(together, [packed[0]!, packed[1]], bits, sign);
        for (const bytes of packed) accumulate(apart, [bytes], bits, sign);
        expect(residues(together, bits)).toEqual(residues(apart, bits));
      },
    ),
    // Half of them at the usual width, which has a loop of its own.
    { seed, numRuns: 1000 },
  );
});

test("the least significant bit is sent first, values end to end", () => {
  expect(Array.from(pack(masked([0b101, 0b011, 0b110]), 3))).toEqual([0b10011101, 0b1]);
  expect(Array.from(pack(masked([0x12345678]), 32))).toEqual([0x78, 0x56, 0x34, 0x12]);
});

test("a payload of any other length is refused and leaves the sum alone", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 32 }),
      fc.integer({ min: 1, max: 40 }),
      fc.nat(200),
      (bits, length, bytes) => {
        fc.pre(bytes !== packedLength(length, bits));
        const sum = new Uint32Array(length).fill(5);
        expect(() => addPacked(sum, new Uint8Array(bytes).fill(255), bits)).toThrow(InputError);
        expect(sum.every((x) => x === 5)).toBe(true);
      },
    ),
    { seed },
  );
});

test("a width outside 1 … 32 is our own error", () => {
  for (const bits of [0, 33]) expect(() => addPacked(new Uint32Array(1), new Uint8Array(4), bits)).toThrow(/invariant/);
});

test("centred residues are the integers in [−2^(bits−1), 2^(bits−1))", () => {
  fc.assert(
    fc.property(
      fc
        .integer({ min: 1, max: 32 })
        .chain((bits) =>
          fc.tuple(fc.constant(bits), fc.array(fc.integer({ min: -(2 ** (bits - 1)), max: 2 ** (bits - 1) - 1 }))),
        ),
      ([bits, values]) => {
        const low = modulusMask(bits);
        const sum = Uint32Array.from(values, (x) => x & low);
        expect(Array.from(centred(sum, bits))).toEqual(values);
        // Whatever stands above the residues.
        expect(Array.from(centred(Uint32Array.from(values), bits))).toEqual(values);
      },
    ),
    { seed },
  );
});

test("[27] a sum that wraps around in b − 2 bits is noticed, and one that keeps its six deviations is not", () => {
  const next = seededWords(27);
  const normal = () => Math.sqrt(-2 * Math.log((next() + 1) / 2 ** 32)) * Math.cos((2 * Math.PI * next()) / 2 ** 32);
  const bits = 20;
  const sum = Array.from({ length: 20_000 }, () => Math.round((normal() * 2 ** (bits - 1)) / 6));
  const inBits = (b: number) =>
    centred(
      Uint32Array.from(sum, (x) => x & modulusMask(b)),
      b,
    );
  // Half the range is three deviations: of 20,000 coordinates 54 lie beyond, and more than 200 once in 10^80 seeds.
  expect(looksWrapped(inBits(bits), bits)).toBe(false);
  expect(looksWrapped(inBits(bits - 2), bits - 2)).toBe(true);
  expect(looksWrapped(inBits(bits - 4), bits - 4)).toBe(true);
});
