import { expect, test } from "vitest";
import { blockSize, rotate, rotationSigns, unrotate } from "./hadamard.ts";
import { seededRandom } from "./testing/seeded.ts";

const hash = new Uint8Array(32).fill(7);
const norm = (x: Float64Array) => Math.sqrt(x.reduce((sum, v) => sum + v * v, 0));

test.each([1, 2, 3, 7, 64, 100, 1000, 4096, 20_000])(
  "%i coordinates: norms stay, and the way back is exact",
  async (d) => {
    const random = seededRandom(d);
    const signs = await rotationSigns(hash, d);
    const x = Float64Array.from({ length: d }, () => random.below(2001) - 1000);
    const rotated = x.slice();
    rotate(rotated, signs);
    expect(norm(rotated) / norm(x)).toBeCloseTo(1, 12);
    expect(d < 3 || rotated.some((v, i) => Math.abs(v - x[i]!) > 1)).toBe(true);
    unrotate(rotated, signs);
    for (let i = 0; i < d; i++) expect(Math.abs(rotated[i]! - x[i]!)).toBeLessThan(1e-9);
  },
);

test("a block is the Walsh and Hadamard matrix with signs", async () => {
  const signs = await rotationSigns(hash, 8);
  for (let column = 0; column < 8; column++) {
    const x = new Float64Array(8);
    x[column] = 1;
    rotate(x, signs);
    const sign = (signs[0]! >>> column) & 1 ? -1 : 1;
    for (let row = 0; row < 8; row++) {
      const parity = [...(row & column).toString(2)].filter((bit) => bit === "1").length % 2;
      expect(x[row]).toBeCloseTo((sign * (parity ? -1 : 1)) / Math.sqrt(8), 14);
    }
  }
});

/** Hoeffding: a coordinate exceeds 7·‖x‖/√B with probability 5e-11; 2·10^5 coordinates, false alarm 1e-5. */
test("whatever the vector, no coordinate is far above the norm's even share, at sizes that are no power of two too", async () => {
  for (const d of [1000, 40_000, 65_537]) {
    const signs = await rotationSigns(hash, d);
    const oneHot = new Float64Array(d);
    oneHot[d - 1] = 1;
    for (const x of [
      oneHot,
      new Float64Array(d).fill(1),
      Float64Array.from({ length: d }, (_, i) => (i < 10 ? 1 : 0)),
    ]) {
      const rotated = x.slice();
      rotate(rotated, signs);
      const largest = rotated.reduce((most, v) => Math.max(most, Math.abs(v)), 0);
      expect(largest).toBeLessThan((7 * norm(x)) / Math.sqrt(blockSize(d)));
    }
  }
});

test("another round, another rotation", async () => {
  const other = await rotationSigns(new Uint8Array(32).fill(8), 1000);
  expect(other).not.toEqual(await rotationSigns(hash, 1000));
  expect(await rotationSigns(hash, 1000)).toEqual(await rotationSigns(hash, 1000));
});
