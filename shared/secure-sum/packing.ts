/** Integers modulo 2^bits, packed end to end, least significant bit first. */
import { InputError, invariant } from "../errors.ts";
import type { Masked } from "../privacy/stages.ts";

export const packedLength = (dimension: number, bits: number): number => Math.ceil((dimension * bits) / 8);

/** A value of up to 32 bits that begins anywhere in a byte lies in five bytes; the last ones may reach beyond the end. */
const windowBytes = 5;

/** @param values of which the low `bits` bits are packed @param bits 1…32 */
export function pack(values: Masked, bits: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(packedLength(values.length, bits) + windowBytes);
  const view = new DataView(bytes.buffer);
  const low = modulusMask(bits);
  for (let i = 0; i < values.length; i++) {
    const value = values[i]! & low;
    const byte = Math.floor((i * bits) / 8);
    const shift = (i * bits) % 8;
    view.setUint32(byte, view.getUint32(byte, true) | (value << shift), true);
    // In two steps, because a shift by 32 would be none.
    bytes[byte + 4]! |= (value >>> 1) >>> (31 - shift);
  }
  return bytes.slice(0, packedLength(values.length, bits));
}

/**
 * Adds a packed vector to `sum`, as it arrives: the vector itself is never stored.
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
  accumulate(sum, [bytes], bits, 1);
}

/**
 * sum ← sum ± the packed vectors that one or two pieces of bytes begin with: two at once take two thirds of the time. Sums
 * run modulo 2^32: their low `bits` bits are the residues modulo 2^bits, whatever stands above them, and to cut it off each
 * time would take as long as to add.
 */
export function accumulate(
  sum: Uint32Array,
  [first, second]: readonly [Uint8Array, (Uint8Array | undefined)?],
  bits: number,
  sign: 1 | -1,
): void {
  // As signed numbers, so that the compiler keeps to 32 bits.
  const target = new Int32Array(sum.buffer, sum.byteOffset, sum.length);
  const [a, b] = bits === 20 ? [wordsOf(first), second && wordsOf(second)] : [];
  let done = 0;
  if (a && !second) done = accumulateTwenty(target, a, sign);
  if (a && b) done = accumulateTwoTwenties(target, a, b, sign);
  accumulateFrom(target, done, first, bits, sign);
  if (second) accumulateFrom(target, done, second, bits, sign);
}

/** What is left from coordinate `done` on, at any width. */
function accumulateFrom(target: Int32Array, done: number, bytes: Uint8Array, bits: number, sign: 1 | -1): void {
  const inside = Math.max(done, Math.floor(((bytes.length - windowBytes) * 8) / bits));
  accumulateRange(target, done, Math.min(inside, target.length), bytes, 0, bits, sign);
  if (inside >= target.length) return;
  const rest = Math.floor((inside * bits) / 8);
  const padded = new Uint8Array(bytes.length - rest + windowBytes);
  padded.set(bytes.subarray(rest));
  accumulateRange(target, inside, target.length, padded, rest, bits, sign);
}

/** @param skipped bytes of the packed vector before `bytes` */
function accumulateRange(
  sum: Int32Array,
  from: number,
  to: number,
  bytes: Uint8Array,
  skipped: number,
  bits: number,
  sign: 1 | -1,
): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  // Two's complement: (x ^ −1) + 1 = −x.
  const flip = sign >> 31;
  for (let i = from, position = from * bits - 8 * skipped; i < to; i++, position += bits) {
    const byte = position >>> 3;
    const shift = position & 7;
    const value = (view.getInt32(byte, true) >>> shift) | ((view.getUint8(byte + 4) << 1) << (31 - shift));
    sum[i] = sum[i]! + ((value ^ flip) - flip);
  }
}

/**
 * The usual width: eight values are five words, and this loop does them in half the time of the general one.
 * @returns how many coordinates it has done; the last few it leaves
 */
function accumulateTwenty(sum: Int32Array, words: Int32Array, sign: 1 | -1): number {
  const groups = groupsIn(sum, words);
  const flip = sign >> 31;
  for (let g = 0, i = 0, w = 0; g < groups; g++, i += 8, w += 5) {
    const a = words[w]!;
    const b = words[w + 1]!;
    const c = words[w + 2]!;
    const d = words[w + 3]!;
    const e = words[w + 4]!;
    sum[i] = sum[i]! + ((a ^ flip) - flip);
    sum[i + 1] = sum[i + 1]! + ((((a >>> 20) | (b << 12)) ^ flip) - flip);
    sum[i + 2] = sum[i + 2]! + (((b >>> 8) ^ flip) - flip);
    sum[i + 3] = sum[i + 3]! + ((((b >>> 28) | (c << 4)) ^ flip) - flip);
    sum[i + 4] = sum[i + 4]! + ((((c >>> 16) | (d << 16)) ^ flip) - flip);
    sum[i + 5] = sum[i + 5]! + (((d >>> 4) ^ flip) - flip);
    sum[i + 6] = sum[i + 6]! + ((((d >>> 24) | (e << 8)) ^ flip) - flip);
    sum[i + 7] = sum[i + 7]! + (((e >>> 12) ^ flip) - flip);
  }
  return 8 * groups;
}

/** The same for two vectors: what is shifted to the left is added first and shifted once, and the sum is read and written once. */
function accumulateTwoTwenties(sum: Int32Array, words: Int32Array, others: Int32Array, sign: 1 | -1): number {
  const groups = Math.min(groupsIn(sum, words), groupsIn(sum, others));
  const flip = sign >> 31;
  for (let g = 0, i = 0, w = 0; g < groups; g++, i += 8, w += 5) {
    const a = words[w]!;
    const b = words[w + 1]!;
    const c = words[w + 2]!;
    const d = words[w + 3]!;
    const e = words[w + 4]!;
    const a2 = others[w]!;
    const b2 = others[w + 1]!;
    const c2 = others[w + 2]!;
    const d2 = others[w + 3]!;
    const e2 = others[w + 4]!;
    sum[i] = sum[i]! + (((a + a2) ^ flip) - flip);
    sum[i + 1] = sum[i + 1]! + ((((a >>> 20) + (a2 >>> 20) + ((b + b2) << 12)) ^ flip) - flip);
    sum[i + 2] = sum[i + 2]! + ((((b >>> 8) + (b2 >>> 8)) ^ flip) - flip);
    sum[i + 3] = sum[i + 3]! + ((((b >>> 28) + (b2 >>> 28) + ((c + c2) << 4)) ^ flip) - flip);
    sum[i + 4] = sum[i + 4]! + ((((c >>> 16) + (c2 >>> 16) + ((d + d2) << 16)) ^ flip) - flip);
    sum[i + 5] = sum[i + 5]! + ((((d >>> 4) + (d2 >>> 4)) ^ flip) - flip);
    sum[i + 6] = sum[i + 6]! + ((((d >>> 24) + (d2 >>> 24) + ((e + e2) << 8)) ^ flip) - flip);
    sum[i + 7] = sum[i + 7]! + ((((e >>> 12) + (e2 >>> 12)) ^ flip) - flip);
  }
  return 8 * groups;
}

/** Eight coordinates of 20 bits in five words. */
const groupsIn = (sum: Int32Array, words: Int32Array): number =>
  Math.min(Math.floor(sum.length / 8), Math.floor(words.length / 5));

/** Undefined where words do not lie at their places, or their bytes the other way round. */
const wordsOf = (bytes: Uint8Array): Int32Array | undefined =>
  isLittleEndian && bytes.byteOffset % 4 === 0
    ? new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length >>> 2)
    : undefined;

const isLittleEndian = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

/** 2^bits − 1 as a 32-bit pattern. */
export const modulusMask = (bits: number): number => (bits === 32 ? 0xffffffff : 2 ** bits - 1) | 0;

/** From residues modulo 2^bits, in the low bits, to the integers in [−2^(bits−1), 2^(bits−1)). */
export function centred(sum: Uint32Array, bits: number): Float64Array<ArrayBuffer> {
  const above = 32 - bits;
  // Not `Float64Array.from` with a function, which first makes a list of as many boxed numbers.
  const integers = new Float64Array(sum.length);
  for (let i = 0; i < sum.length; i++) integers[i] = (sum[i]! << above) >> above;
  return integers;
}

/**
 * Whether a centred sum has left its range. The plan leaves room for six deviations or more, of which half the range holds
 * all but 0.3 % of the coordinates; a sum that wrapped around is spread over all of it.
 */
export function looksWrapped(sum: Float64Array, bits: number): boolean {
  const limit = 2 ** (bits - 2);
  let far = 0;
  for (let i = 0; i < sum.length; i++) if (Math.abs(sum[i]!) > limit) far++;
  return far > 0.01 * sum.length;
}
