import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { binCentre, binWidth, scoreBins } from "./histogram.ts";
import {
  accuracyAt,
  aucOf,
  cellsOfAttribute,
  countsOf,
  crossEntropyOf,
  demographicParityDifference,
  selectionRate,
  topShareThreshold,
} from "./histogram-metrics.ts";
import { fairnessMetrics } from "./metrics.ts";
import { fairTask, histogramOf, type ScoredRow, seeded } from "./testing/histograms.ts";

const cells = 2;
const { uniform, normal } = seeded(7);
/** Scores as a logistic regression makes them, the second group scoring lower. */
const rows: ScoredRow[] = Array.from({ length: 20_000 }, () => {
  const cell = uniform() < 0.3 ? 0 : 1;
  const logit = -1.5 - 0.6 * cell + 1.4 * normal();
  return { cell, logit, label: uniform() < 1 / (1 + Math.exp(-logit)) ? 1 : 0 };
});
const h = histogramOf(rows, cells);
const exactAt = (threshold: number) =>
  fairnessMetrics({
    yTrue: rows.map((r) => r.label),
    score: rows.map((r) => r.logit),
    groups: rows.map((r) => String(r.cell)),
    threshold,
  });

describe("without noise the histogram tells what the rows tell", () => {
  it("the AUC's gap between groups within .003, and each AUC at most .007 low", () => {
    const exact = exactAt(0);
    const gap = aucOf(h, [0])! - aucOf(h, [1])!;
    expect(Math.abs(gap - (exact.byGroup[0]!.auc! - exact.byGroup[1]!.auc!))).toBeLessThan(0.003);
    const loss = [
      exact.overall.auc! - aucOf(h, [0, 1])!,
      ...[0, 1].map((cell) => exact.byGroup[cell]!.auc! - aucOf(h, [cell])!),
    ];
    for (const low of loss) expect(low > -0.001 && low < 0.007).toBe(true);
  });

  it("equal-width bins of probability would not: they lose much of the AUC", () => {
    // The same rows in 16 bins of 1/16 each, counted through a histogram whose bins merely stand in order.
    const equalWidth = histogramOf(
      rows.map((r) => ({ ...r, logit: binCentre(Math.min(15, Math.floor(16 / (1 + Math.exp(-r.logit + 2))))) })),
      cells,
    );
    const error = (table: Float64Array) => Math.abs(aucOf(table, [0, 1])! - exactAt(0).overall.auc!);
    expect(error(equalWidth)).toBeGreaterThan(3 * error(h));
  });

  it("selection rates, accuracy and gap within .012 at any threshold", () => {
    for (const t of [-3.3, -2, -0.9, 0, 0.4, 1.7]) {
      const exact = exactAt(t);
      for (const cell of [0, 1]) {
        expect(Math.abs(selectionRate(h, [cell], t)! - exact.byGroup[cell]!.selectionRate!)).toBeLessThan(0.012);
      }
      expect(Math.abs(accuracyAt(h, [0, 1], t)! - exact.overall.accuracy!)).toBeLessThan(0.012);
      expect(Math.abs(demographicParityDifference(h, [0, 1], t)! - exact.demographicParityDifference!)).toBeLessThan(
        0.012,
      );
    }
  });

  it("cross-entropy within .01 nats", () => {
    const exact =
      rows.reduce((sum, { label, logit }) => sum + Math.log1p(Math.exp(label === 1 ? -logit : logit)), 0) / rows.length;
    expect(Math.abs(crossEntropyOf(h, [0, 1])! - exact)).toBeLessThan(0.01);
  });

  it("selects the share that was asked for", () => {
    for (const share of [0.01, 0.12, 0.5, 0.9]) {
      const t = topShareThreshold(h, [0, 1], share);
      expect(selectionRate(h, [0, 1], t)).toBeCloseTo(share, 10);
      expect(Math.abs(rows.filter((r) => r.logit > t).length / rows.length - share)).toBeLessThan(0.006);
    }
  });

  it("counts at probability ½, however the rows lie about it", () => {
    const near = [-0.6, -0.02, -0.01, 0, 0.001].map((logit) => ({ cell: 0, label: 1, logit }));
    expect(selectionRate(histogramOf(near, 1), [0], 0)).toBe(2 / 5);
  });

  it("interpolates inside a bin, the open ones as if of normal width", () => {
    const one = histogramOf([{ cell: 0, label: 1, logit: 9 }], 1);
    expect(selectionRate(one, [0], scoreBins.high - binWidth / 4)).toBeCloseTo(0.25, 12);
    expect(selectionRate(one, [0], scoreBins.high + 1)).toBe(0);
    expect(selectionRate(one, [0], scoreBins.low - 1)).toBe(1);
  });
});

describe("with noise", () => {
  it("keeps the total of the counts and puts none below 0", () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: -50, max: 80, noNaN: true }), { minLength: 32, maxLength: 32 }),
        (noisy) => {
          const counts = countsOf(noisy, [0], 1);
          const total = noisy.slice(16).reduce((a, b) => a + b, 0);
          expect(Math.min(...counts)).toBeGreaterThanOrEqual(0);
          expect(counts.reduce((a, b) => a + b, 0)).toBeCloseTo(Math.max(0, total), 8);
        },
      ),
      { seed: 20263, numRuns: 300 },
    );
  });

  it("does not shift the gap: bias below .003 where cutting off at 0 is worse than twice that", () => {
    const noise = seeded(11);
    const small = h.map((count) => count / 5);
    const t = topShareThreshold(small, [0, 1], 0.12);
    const gapOf = (table: Float64Array) => selectionRate(table, [0], t)! - selectionRate(table, [1], t)!;
    let [bias, cutBias] = [0, 0];
    const trials = 2000;
    for (let trial = 0; trial < trials; trial++) {
      const noisy = small.map((count) => count + 17 * noise.normal());
      bias += (gapOf(noisy) - gapOf(small)) / trials;
      cutBias += (gapOf(noisy.map((x) => Math.max(0, x))) - gapOf(small)) / trials;
    }
    expect(Math.abs(bias)).toBeLessThan(0.003);
    expect(Math.abs(cutBias)).toBeGreaterThan(0.006);
  });

  it("says null, never NaN, whatever the noise", () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.constant(0), fc.double({ min: -9, max: 9, noNaN: true })), {
          minLength: 64,
          maxLength: 64,
        }),
        fc.double({ min: -8, max: 8, noNaN: true }),
        (noisy, t) => {
          const figures = [
            ...[[0], [1], [0, 1]].flatMap((some) => [
              aucOf(noisy, some),
              accuracyAt(noisy, some, t),
              selectionRate(noisy, some, t),
            ]),
            demographicParityDifference(noisy, [0, 1], t),
          ];
          for (const figure of figures) if (figure !== null) expect(figure >= 0 && figure <= 1 + 1e-12).toBe(true);
          const loss = crossEntropyOf(noisy, [0, 1]);
          if (loss !== null) expect(Number.isFinite(loss) && loss > 0).toBe(true);
          const threshold = topShareThreshold(noisy, [0, 1], 0.12);
          expect(threshold >= scoreBins.low && threshold <= scoreBins.high).toBe(true);
        },
      ),
      { seed: 20264, numRuns: 300 },
    );
    const empty = new Float64Array(64);
    expect([
      aucOf(empty, [0]),
      accuracyAt(empty, [0], 0),
      selectionRate(empty, [0], 0),
      crossEntropyOf(empty, [0]),
    ]).toEqual([null, null, null, null]);
    expect(demographicParityDifference(empty, [0, 1], 0)).toBeNull();
    expect(topShareThreshold(empty, [0, 1], 0.12)).toBe(0);
  });
});

it("finds an attribute's cells, the first attribute's by default", () => {
  expect(cellsOfAttribute(fairTask())).toEqual([0, 1]);
  expect(cellsOfAttribute(fairTask(), "h")).toEqual([2, 3, 4]);
});
