import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { binCentre, binOf, binWidth, scoreBins } from "../histogram.ts";
import { histogramOf } from "../testing/histograms.ts";
import { inverseShare } from "../witness.ts";
import { demographicParity, surrogate } from "./demographic-parity.ts";

/** Rows at bin centres, where the table is exact, in both cells. */
const rowsAtCentres = fc
  .array(
    fc.record({
      cell: fc.constantFrom(0, 1),
      label: fc.constantFrom(0, 1),
      logit: fc.integer({ min: 0, max: scoreBins.count - 1 }).map(binCentre),
    }),
    { minLength: 2, maxLength: 40 },
  )
  .filter((rows) => rows.some((r) => r.cell === 0) && rows.some((r) => r.cell === 1));
const threshold = fc.double({ min: -5, max: 3, noNaN: true });

function smoothGap(rows: readonly { cell: number; logit: number }[], t: number): number {
  const rate = (cell: number) => {
    const own = rows.filter((r) => r.cell === cell);
    return own.reduce((sum, r) => sum + surrogate(r.logit, t).value, 0) / own.length;
  };
  return rate(0) - rate(1);
}

describe("the slope table of demographic parity", () => {
  it("is the derivative of N·½g² in a row's score, by central differences, to 1e-6", () => {
    fc.assert(
      fc.property(rowsAtCentres, fc.nat(), threshold, (rows, pick, t) => {
        const h = histogramOf(rows, 2);
        const row = pick % rows.length;
        const { cell, label, logit } = rows[row]!;
        const slope = demographicParity.slopes(h, [0, 1], t).find((s) => s.cell === cell)!.byLabel[label]![
          binOf(logit)
        ]!;
        // The floor of 1 % on a cell's share does not act here: 1 of at most 40 rows is 2.5 %.
        const table = smoothGap(rows, t) * slope * inverseShare(h, cell, [0, 1]);
        const penalty = (dz: number) =>
          smoothGap(
            rows.map((r, i) => (i === row ? { ...r, logit: logit + dz } : r)),
            t,
          ) **
            2 /
          2;
        const dz = 1e-4;
        const numerical = (rows.length * (penalty(dz) - penalty(-dz))) / (2 * dz);
        expect(Math.abs(table - numerical)).toBeLessThan(1e-6);
      }),
      { seed: 20265, numRuns: 300 },
    );
  });

  it("interpolated, adds up to the surrogate's whole rise wherever the threshold lies between bins, to 2 %", () => {
    fc.assert(
      fc.property(threshold, (t) => {
        const { byLabel } = demographicParity.slopes([], [0, 1], t)[0]!;
        let rise = 0;
        for (let bin = 0; bin + 1 < scoreBins.count; bin++) {
          rise += ((byLabel[1][bin]! + byLabel[1][bin + 1]!) / 2) * binWidth;
        }
        const whole = surrogate(binCentre(scoreBins.count - 1), t).value - surrogate(binCentre(0), t).value;
        expect(Math.abs(rise / whole - 1)).toBeLessThan(0.02);
      }),
      { seed: 20266, numRuns: 200 },
    );
  });

  it("pushes the favoured cell down and the other up, for both labels", () => {
    const [a, b] = demographicParity.slopes([], [3, 1], 0);
    expect([a!.cell, b!.cell]).toEqual([3, 1]);
    for (const label of [0, 1]) {
      expect(Math.min(...a!.byLabel[label]!)).toBeGreaterThan(0);
      expect(Math.max(...b!.byLabel[label]!)).toBeLessThan(0);
    }
  });

  it("has a signed gap, and none without rows", () => {
    const h = histogramOf(
      [
        { cell: 0, label: 1, logit: 2 },
        { cell: 1, label: 0, logit: -2 },
      ],
      3,
    );
    expect(demographicParity.gap(h, [0, 1], 0)).toBe(1);
    expect(demographicParity.gap(h, [1, 0], 0)).toBe(-1);
    expect(demographicParity.gap(h, [0, 2], 0)).toBeNull();
  });
});
