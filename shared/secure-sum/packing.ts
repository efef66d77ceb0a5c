/** Integers modulo 2^bits, packed end to end, least significant bit first. */
import { InputError, invariant } from "../errors.ts";
import type { Masked } from "../privacy/stages.ts";

export const packedLength = (dimension: number, bits: number): number => Math.ceil((dimension * bits) / 8);

/** @param bits 1…32; every value must be below 2^bits */
export function pack(values: Masked, bits: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(packedLength(values.length, bits));
  let position = 0;
  for (const value of values) {
    let rest = value;
    let left = bits;
    while (left > 0) {
      const inByte = position & 7;
      const take = Math.min(8 - inByte, left);
      bytes[position >>> 3]! |= (rest & ((1 << take) - 1)) << inByte;
      rest >>>= take;
      left -= take;
      position += take;
    }
  }
  return bytes;
}

/**
 * Adds a packed vector to `sum` modulo 2^bits, as it arrives: the vector itself is never stored.
 * @throws InputError when the length does not fit the dimension
 */
export function addPacked(sum: Uint32Array, bytes: Uint8Array, bits: number): void {
  invariant(bits >= 1 && bits <= 32, "1 to 32 bits");
  const expected = packedLength(sum.length, bits);
  if (bytes.length !== expected) {
    throw new InputError(
      "payload",
      `has ${bytes.length} bytes where ${expected} are due`,
      "Send the whole packed vector once.",
    );
  }
  const mask = modulusMask(bits);
  let position = 0;
  for (let i = 0; i < sum.length; i++) {
    let value = 0;
    let have = 0;
    while (have < bits) {
      const inByte = position & 7;
      const take = Math.min(8 - inByte, bits - have);
      value |= ((bytes[position >>> 3]! >>> inByte) & ((1 << take) - 1)) << have;
      have += take;
      position += take;
    }
    sum[i] = ((sum[i]! + (value >>> 0)) & mask) >>> 0;
  }
}

/** 2^bits − 1 as a 32-bit pattern. */
export const modulusMask = (bits: number): number => (bits === 32 ? 0xffffffff : 2 ** bits - 1) | 0;

/** From residues modulo 2^bits to the integers in [−2^(bits−1), 2^(bits−1)). */
export function centred(sum: Uint32Array, bits: number): Float64Array {
  const modulus = 2 ** bits;
  return Float64Array.from(sum, (x) => (x >= modulus / 2 ? x - modulus : x));
}
