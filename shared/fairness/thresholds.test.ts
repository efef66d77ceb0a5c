import { describe, expect, it } from "vitest";
import { InputError } from "../errors.ts";
import { fairnessMetrics } from "./metrics.ts";
import { histogramOf, type ScoredRow, seeded } from "./testing/histograms.ts";
import { type Criterion, calibrate, groupThresholds } from "./thresholds.ts";

const { uniform, normal } = seeded(5);
const rows: ScoredRow[] = Array.from({ length: 30_000 }, () => {
  const cell = uniform() < 0.4 ? 0 : 1;
  const logit = (cell === 0 ? 0.2 : -0.9) + 1.5 * normal();
  // Overconfident scores: the truth is half as sure, and shifted.
  return { cell, logit, label: uniform() < 1 / (1 + Math.exp(-(0.5 * logit - 0.3))) ? 1 : 0 };
});
const h = histogramOf(rows, 2);
const judged = (thresholds: readonly number[]) =>
  fairnessMetrics({
    yTrue: rows.map((r) => r.label),
    yPred: rows.map((r) => (r.logit > thresholds[r.cell]! ? 1 : 0)),
    groups: rows.map((r) => `${r.cell}`),
  });

describe("thresholds by group", () => {
  it.each([
    ["demographic-parity", "demographicParityDifference", 0.012],
    ["equal-opportunity", "equalOpportunityDifference", 0.015],
    ["equalized-odds", "equalizedOddsDifference", 0.03],
  ] as const)("%s holds on the rows themselves, at little cost", (criterion, metric, most) => {
    const found = groupThresholds(h, [0, 1], criterion, { regimes: [] });
    const before = judged([0.6, 0.6]);
    const after = judged(found.thresholds);
    expect(before[metric]!).toBeGreaterThan(5 * most);
    expect(after[metric]!).toBeLessThan(most);
    expect(Math.abs(after[metric]! - found.gap)).toBeLessThan(0.015);
    expect(Math.abs(after.overall.accuracy! - found.accuracy)).toBeLessThan(0.01);
    expect(after.overall.accuracy!).toBeGreaterThan(before.overall.accuracy! - 0.03);
  });

  it("are the most accurate ones that hold it", () => {
    const found = groupThresholds(h, [0, 1], "demographic-parity", { regimes: [] });
    for (const share of [0.1, 0.25, 0.4, 0.6]) {
      const own = [0, 1].map((cell) => {
        const sorted = rows
          .filter((r) => r.cell === cell)
          .map((r) => r.logit)
          .sort((a, b) => b - a);
        return sorted[Math.floor(share * sorted.length)]!;
      });
      expect(judged(found.thresholds).overall.accuracy!).toBeGreaterThan(judged(own).overall.accuracy! - 0.004);
    }
  });

  it("are refused under ECOA, and for a group nobody is known of", () => {
    for (const criterion of ["demographic-parity", "equal-opportunity", "equalized-odds"] as Criterion[])
      expect(() => groupThresholds(h, [0, 1], criterion, { regimes: ["ecoa"] })).toThrow(/disparate treatment/);
    const one = histogramOf(
      rows.filter((r) => r.cell === 0),
      2,
    );
    expect(() => groupThresholds(one, [0, 1], "equal-opportunity", { regimes: [] })).toThrow(InputError);
  });
});

describe("calibration", () => {
  it("finds what was done to the scores, and lowers the cross-entropy", () => {
    const { scale, shift } = calibrate(h, [0, 1]);
    expect(Math.abs(scale - 0.5)).toBeLessThan(0.03);
    expect(Math.abs(shift + 0.3)).toBeLessThan(0.05);
    const loss = (a: number, b: number) =>
      rows.reduce((sum, { logit, label }) => sum + Math.log1p(Math.exp((label === 1 ? -1 : 1) * (a * logit + b))), 0);
    expect(loss(scale, shift)).toBeLessThan(loss(1, 0));
  });

  it("needs rows of both labels", () => {
    expect(() => calibrate(new Float64Array(64), [0, 1])).toThrow(/both labels/);
  });
});
