import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { bench, methods } from "./bench.ts";

const dataDir = process.env.MURMUR_TEST_DATA;
if (dataDir === undefined) console.warn("No scenario is run: set MURMUR_TEST_DATA.");
const cacheDir = mkdtempSync(join(tmpdir(), "murmur-bench-"));
afterAll(() => rmSync(cacheDir, { recursive: true, force: true }));

it.skipIf(dataDir === undefined)("a scenario is decided by held-back rows, and then measured every way", async () => {
  const lines: string[] = [];
  const { looked, tolerance, ...found } = await bench("credit", {
    seeds: 2,
    dataDir: dataDir!,
    cacheDir,
    onProgress: (line) => lines.push(line),
  });
  expect(Object.keys(found.methods)).toEqual([...methods]);
  for (const { accuracy, gap } of Object.values(found.methods)) {
    expect(accuracy.mean).toBeGreaterThan(0.65);
    expect(gap.mean).toBeGreaterThanOrEqual(0);
  }
  // All that is looked at comes before the first figure of test rows, and what is looked at decides.
  expect(tolerance).toBeLessThanOrEqual(1.02 * looked[0]!.tolerance);
  expect(tolerance).toBeGreaterThanOrEqual(0.98 * looked.at(-1)!.tolerance);
  const firstJudged = lines.findIndex((line) => line.includes("seed"));
  expect(firstJudged).toBe(looked.length);
  // What held-back rows say has an error, and it is not everything. Ten seeds' test rows, of which there are 200, would
  // all be told right or wrong in whole numbers of 2,000; held-back rows are fewer, and another number.
  for (const { quality, gapError } of looked) {
    expect(Math.abs(2000 * quality - Math.round(2000 * quality))).toBeGreaterThan(1e-3);
    expect(gapError).toBeGreaterThan(0.005);
    expect(gapError).toBeLessThan(0.1);
  }
});
