import { expect, test } from "vitest";
import { chiSquaredP, uniformP } from "./chi-squared.ts";
import { seededWords } from "./seeded.ts";

/** Quantiles from the usual table of χ²: P(χ²_k > x). */
test.each([
  [1, 3.841458820694124, 0.05],
  [2, 9.210340371976182, 0.01],
  [10, 18.307038053275146, 0.05],
  [100, 124.34211340400407, 0.05],
  [10, 3.940299136119788, 0.95],
])("with %i degrees of freedom, %f has p = %f", (freedom, statistic, p) => {
  const counts = [100 + Math.sqrt(100 * statistic), ...new Array<number>(freedom).fill(100)];
  expect(chiSquaredP(counts, new Array<number>(freedom + 1).fill(100))).toBeCloseTo(p, 6);
});

test("uniform words pass and words with one rarer top byte do not", () => {
  const next = seededWords(1);
  const words = Uint32Array.from({ length: 100_000 }, next);
  expect(uniformP(words, 32)).toBeGreaterThan(1e-4);
  const skewed = words.map((w) => (w >>> 24 === 7 && w & 1 ? w ^ 0x80000000 : w));
  expect(uniformP(skewed, 32)).toBeLessThan(1e-6);
});
