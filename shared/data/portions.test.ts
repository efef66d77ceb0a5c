import { expect, test } from "vitest";
import { seededRandom } from "../privacy/testing/seeded.ts";
import { splitHeldBack } from "./portions.ts";
import { type TypedRows, takeRows } from "./rows.ts";

const random = seededRandom(5);
const count = 20_000;
const rows: TypedRows = {
  count,
  numeric: { x: Float64Array.from({ length: count }, (_, i) => (i % 50 === 0 ? Number.NaN : i)) },
  categorical: { c: Int16Array.from({ length: count }, (_, i) => (i % 50 === 0 ? i / 50 : i % 7)) },
  labels: Uint8Array.from({ length: count }, () => random.below(2)),
  cells: Uint8Array.from({ length: 2 * count }, () => random.below(3)),
};
const key = random.bytes(32);
const split = splitHeldBack(rows, 0.2, key);
const heldBack = new Set(split.heldBack);

/** Five standard deviations of a binomial: false alarm 6e-7. */
test("parts all rows, a fifth of them held back", () => {
  expect([...split.train, ...split.heldBack].sort((a, b) => a - b)).toEqual([...Array(count).keys()]);
  expect(Math.abs(split.heldBack.length - 0.2 * count)).toBeLessThan(5 * Math.sqrt(0.16 * count));
});

test("a row stays in its part after a reload, among other rows and in another order", () => {
  const chosen = Uint32Array.from({ length: 5000 }, (_, i) => count - 1 - 3 * i);
  const again = splitHeldBack(takeRows(rows, chosen), 0.2, Uint8Array.from(key));
  expect([...again.heldBack].map((i) => chosen[i])).toEqual([...chosen].filter((row) => heldBack.has(row)));
});

test("under another key, or with any number changed, the coin is another", () => {
  const other = new Set(splitHeldBack(rows, 0.2, random.bytes(32)).heldBack);
  const both = [...heldBack].filter((row) => other.has(row)).length;
  expect(Math.abs(both - 0.04 * count)).toBeLessThan(5 * Math.sqrt(0.04 * count));
  const changed = { ...rows, labels: rows.labels.map((label) => 1 - label) };
  const moved = splitHeldBack(changed, 0.2, key).heldBack.filter((row) => heldBack.has(row)).length;
  expect(Math.abs(moved - 0.04 * count)).toBeLessThan(5 * Math.sqrt(0.04 * count));
});

test("texts that differ have coins of their own", () => {
  const texts = Array.from({ length: count }, (_, i) => `text ${i % (count / 2)}`);
  const written: TypedRows = {
    count,
    numeric: {},
    categorical: {},
    texts,
    labels: new Uint8Array(count),
    cells: new Uint8Array(count),
  };
  const found = new Set(splitHeldBack(written, 0.2, key).heldBack);
  // Each text stands twice, and both are in one part.
  expect([...found].every((row) => found.has((row + count / 2) % count))).toBe(true);
  expect(Math.abs(found.size / 2 - 0.1 * count)).toBeLessThan(5 * Math.sqrt(0.08 * count));
  // The same words with other tags are another row.
  const tagged = { ...written, tags: Array.from({ length: count }, (_, i) => Uint8Array.of(0, 2 * i < count ? 1 : 3)) };
  const moved = splitHeldBack(tagged, 0.2, key).heldBack.filter((row) => found.has(row)).length;
  expect(Math.abs(moved - 0.04 * count)).toBeLessThan(5 * Math.sqrt(0.08 * count));
});
