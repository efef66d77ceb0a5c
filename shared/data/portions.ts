/**
 * Which rows train and which are held back for `evaluate`. What reads only one part costs only its rows (parallel
 * composition, McSherry 2009, theorem 4), so a row must stay in its part for good: also after a reload, and whatever
 * rows stand beside it. Its coin therefore follows from the row itself, under a key that never leaves the tab.
 */
import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { concatBytes } from "@noble/hashes/utils.js";
import { type Choices, pixelsOf, type TypedRows } from "./rows.ts";

/** Of the key: nobody who knows a row can tell its part. */
export const portionKeyBytes = 32;

/** Steps of a coin: shares are kept to one part in a million. */
const coinSides = 1_000_000;

/**
 * Each row is held back with chance `share`, rows that are alike together; of choices the last one.
 * @param key portionKeyBytes of them
 */
export function splitHeldBack(
  rows: TypedRows,
  share: number,
  key: Uint8Array,
): { train: Uint32Array; heldBack: Uint32Array } {
  if (rows.choices) return lastHeldBack(rows.choices);
  const train: number[] = [];
  const heldBack: number[] = [];
  for (let row = 0; row < rows.count; row++) {
    const digest = hmac(sha256, key, bytesOf(rows, row));
    const coin = new DataView(digest.buffer, digest.byteOffset).getUint32(0) % coinSides;
    (coin < share * coinSides ? heldBack : train).push(row);
  }
  return { train: Uint32Array.from(train), heldBack: Uint32Array.from(heldBack) };
}

/** Leave one out: what a person chose last is what the model has to foresee. Of those at the same time the last in the file. */
function lastHeldBack({ order }: Choices): { train: Uint32Array; heldBack: Uint32Array } {
  const last = order.reduce((best, when, i) => (when >= order[best]! ? i : best), 0);
  const all = Uint32Array.from(order, (_, i) => i);
  return { train: all.filter((i) => i !== last), heldBack: all.filter((i) => i === last) };
}

/** All that the task reads of a row, in the order of its columns. */
function bytesOf(rows: TypedRows, row: number): Uint8Array {
  const perRow = rows.cells.length / rows.count;
  const values = [
    ...Object.values(rows.numeric).map((column) => column[row]!),
    ...Object.values(rows.categorical).map((column) => column[row]!),
    rows.labels[row]!,
    ...rows.cells.subarray(row * perRow, (row + 1) * perRow),
  ];
  const numbers = new Uint8Array(Float64Array.from(values).buffer);
  if (rows.pixels) return concatBytes(numbers, pixelsOf(rows, row));
  if (!rows.texts) return numbers;
  return concatBytes(numbers, new TextEncoder().encode(rows.texts[row]!), rows.tags?.[row] ?? new Uint8Array(0));
}
