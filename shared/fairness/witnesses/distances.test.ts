import { describe, expect, it } from "vitest";
import { binCentre } from "../histogram.ts";
import { functionals, type Mass } from "../testing/functionals.ts";
import { type BinnedRow, seeded, sidesFrom } from "../testing/histograms.ts";
import type { Part, Side, Table } from "../witness.ts";
import { calibration } from "./calibration.ts";
import { mmd } from "./mmd.ts";
import { wasserstein } from "./wasserstein.ts";

it("the gap is the distance itself when its witness is its own", () => {
  const [a, b]: BinnedRow[][] = [
    [2, 4, 4, 7, 9, 11, 12],
    [1, 1, 3, 4, 6, 8],
  ].map((bins) => bins.map((bin, i) => ({ label: (i % 2) as 0 | 1, bin })));
  const sides = sidesFrom(a!, b!);
  const masses = (rows: BinnedRow[]): Mass[] => rows.map((r) => ({ ...r, logit: binCentre(r.bin), mass: 1 }));
  const exact = (name: "mmd" | "wasserstein") => functionals[name][0]!(masses(a!), masses(b!), 0);
  expect(mmd.parts[0]!.gap(sides, 0, sides)).toBeCloseTo(exact("mmd"), 12);
  // The functional is the distance out of focus: rows spread by a bin's width, the absolute value rounded off.
  expect(Math.abs(wasserstein.parts[0]!.gap(sides, 0, sides)! / exact("wasserstein") - 1)).toBeLessThan(0.1);
});

describe("measured by the witness of the past, noise alone is no distance", () => {
  const { normal } = seeded(31);
  const scores = Array.from({ length: 16 }, (_, bin) => 1 / (1 + Math.exp(-binCentre(bin))));
  const rows = scores.map((_, bin) => 600 * Math.exp(-((bin - 7) ** 2) / 12));
  /** Calibrated rows, the same on both sides, with noise on each count */
  const noisy = (): Side => {
    const draw = (share: (p: number) => number) =>
      Float64Array.from(rows, (count, bin) => count * share(scores[bin]!) + 8 * normal());
    const counts: Table = [draw((p) => 1 - p), draw((p) => p)];
    return { counts, floor: 0 };
  };
  const average = (part: Part, independent: boolean) => {
    let total = 0;
    const trials = 1000;
    for (let trial = 0; trial < trials; trial++) {
      const now = { a: noisy(), b: noisy() };
      total += part.gap(now, 0, independent ? { a: noisy(), b: noisy() } : now)! / trials;
    }
    return total;
  };
  it.each([
    ["MMD", mmd.parts[0]!],
    ["Wasserstein-1", wasserstein.parts[0]!],
    ["calibration error", calibration.parts[0]!],
  ])("%s", (_, part) => {
    // The mean of 1,000 unbiased values has a deviation of about a thirtieth of the bias: a fifth is six of them.
    const bias = average(part, false);
    expect(bias).toBeGreaterThan(0);
    expect(Math.abs(average(part, true))).toBeLessThan(bias / 5);
  });
});
