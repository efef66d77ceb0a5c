/**
 * A random rotation that both ends know: x ← H·D·x/√B on blocks of B coordinates, D random signs, H the Walsh and
 * Hadamard matrix (Ailon & Chazelle 2009; Kairouz, Liu & Steinke 2021, §4.1). It spreads a vector's norm evenly over its
 * coordinates, so that few bits hold every coordinate of the sum. It keeps norms, so it has no part in the privacy, and
 * its seed is public.
 *
 * Blocks are of one power of two, and the last one ends with the vector, over coordinates of the one before it if need
 * be: nothing is padded, and every coordinate's last rotation is by a whole block.
 */
import { sha256 } from "../canonical.ts";

const largestBlock = 2 ** 20;

/** B: the size of all blocks of a vector of `dimension` coordinates. */
export const blockSize = (dimension: number): number => Math.min(largestBlock, 2 ** Math.floor(Math.log2(dimension)));

/** Where blocks begin, in the order in which they are rotated. */
function blockStarts(dimension: number): number[] {
  const size = blockSize(dimension);
  const starts = Array.from({ length: Math.floor(dimension / size) }, (_, i) => i * size);
  return dimension % size === 0 ? starts : [...starts, dimension - size];
}

/** A bit for each coordinate of each block. */
export type Signs = Uint8Array;

/** Signs of one round, from its announcement's hash: AES-256-CTR under a key made of it, public as the hash is. */
export async function rotationSigns(announcementHash: Uint8Array, dimension: number): Promise<Signs> {
  const domain = new TextEncoder().encode("murmur/rotation/1");
  const material = new Uint8Array(domain.length + announcementHash.length);
  material.set(domain);
  material.set(announcementHash, domain.length);
  const key = await crypto.subtle.importKey("raw", await sha256(material), "AES-CTR", false, ["encrypt"]);
  const bits = blockStarts(dimension).length * blockSize(dimension);
  const counter = { name: "AES-CTR", counter: new Uint8Array(16), length: 64 };
  return new Uint8Array(await crypto.subtle.encrypt(counter, key, new Uint8Array(Math.ceil(bits / 8))));
}

/** Rotates in place. */
export function rotate(vector: Float64Array, signs: Signs): void {
  const size = blockSize(vector.length);
  blockStarts(vector.length).forEach((start, i) => {
    const block = vector.subarray(start, start + size);
    flip(block, signs, i * size);
    transform(block);
  });
}

/** Undoes `rotate`, in place: H/√B is its own inverse. */
export function unrotate(vector: Float64Array, signs: Signs): void {
  const size = blockSize(vector.length);
  const starts = blockStarts(vector.length);
  for (let i = starts.length - 1; i >= 0; i--) {
    const block = vector.subarray(starts[i]!, starts[i]! + size);
    transform(block);
    flip(block, signs, i * size);
  }
}

function flip(block: Float64Array, signs: Signs, offset: number): void {
  for (let i = 0; i < block.length; i++) {
    const bit = offset + i;
    if ((signs[bit >>> 3]! >>> (bit & 7)) & 1) block[i] = -block[i]!;
  }
}

/** Parts of this many coordinates stay in a processor's first cache. */
const cached = 2 ** 12;

/** H·x/√B in place: halves first while they are larger than the cache, then part by part, two levels a pass. */
function transform(x: Float64Array): void {
  let half = x.length >> 1;
  for (; half >= cached; half >>= 2) twoLevels(x, 0, x.length, half);
  for (let start = 0; start < x.length; start += 2 * half || 1) {
    let h = half;
    for (; h >= 2; h >>= 2) twoLevels(x, start, start + 2 * half, h);
    if (h === 1) butterflies(x, start, start + 2 * half);
  }
  const scale = 1 / Math.sqrt(x.length);
  for (let i = 0; i < x.length; i++) x[i] = x[i]! * scale;
}

/** (a, b) ← (a + b, a − b) for all pairs at distance `half` ≥ 2 in [from, to), then for those at half of it. */
function twoLevels(x: Float64Array, from: number, to: number, half: number): void {
  const quarter = half >> 1;
  for (let start = from; start < to; start += 2 * half) {
    const end = start + quarter;
    for (let i = start; i < end; i++) {
      const [p, q, r] = [i + quarter, i + half, i + half + quarter];
      const a = x[i]! + x[q]!;
      const b = x[p]! + x[r]!;
      const c = x[i]! - x[q]!;
      const d = x[p]! - x[r]!;
      x[i] = a + b;
      x[p] = a - b;
      x[q] = c + d;
      x[r] = c - d;
    }
  }
}

/** (a, b) ← (a + b, a − b) for all neighbours in [from, to). */
function butterflies(x: Float64Array, from: number, to: number): void {
  for (let i = from; i < to; i += 2) {
    const a = x[i]!;
    const b = x[i + 1]!;
    x[i] = a + b;
    x[i + 1] = a - b;
  }
}
