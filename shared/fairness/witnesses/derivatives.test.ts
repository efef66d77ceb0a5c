/** Each penalty's table is the numerical derivative of its functional, on random histograms. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { binCentre, scoreBins } from "../histogram.ts";
import { penalties } from "../penalties.ts";
import { type Functional, functionals, type Mass } from "../testing/functionals.ts";
import { type BinnedRow, sidesFrom } from "../testing/histograms.ts";
import type { Part } from "../witness.ts";

/** Rows at bin centres, where the table is exact; both labels in each side. */
const side = fc
  .array(
    fc.record({
      label: fc.constantFrom<0 | 1>(0, 1),
      bin: fc.integer({ min: 0, max: scoreBins.count - 1 }),
    }),
    { minLength: 4, maxLength: 30 },
  )
  .filter((rows) => rows.some((r) => r.label === 1) && rows.some((r) => r.label === 0));

const masses = (rows: readonly BinnedRow[]): Mass[] =>
  rows.map(({ label, bin }) => ({ label, bin, logit: binCentre(bin), mass: 1 }));

/** Table against (F[h + δ(row up − row down)] − F[h − δ(…)]) / (2δ·2dz). */
function expectDerivative(part: Part, functional: Functional, seed: number, tolerance: number) {
  fc.assert(
    fc.property(
      side,
      side,
      fc.nat(),
      fc.boolean(),
      fc.double({ min: -5, max: 3, noNaN: true }),
      (rowsA, rowsB, pick, inA, t) => {
        const tables = part.slopes(sidesFrom(rowsA, rowsB), t);
        const rows = inA ? rowsA : rowsB;
        const { label, bin } = rows[pick % rows.length]!;
        const table = (inA ? tables.a : tables.b)[label]![bin]!;
        const [dz, mass] = [1e-3, 1e-3];
        const moved = (amount: number) => {
          const [a, b] = [masses(rowsA), masses(rowsB)];
          for (const way of [1, -1])
            (inA ? a : b).push({ label, bin, logit: binCentre(bin) + way * dz, mass: way * amount });
          return functional(a, b, t);
        };
        const numerical = (moved(mass) - moved(-mass)) / (2 * mass * 2 * dz);
        expect(Math.abs(table - numerical)).toBeLessThan(tolerance);
      },
    ),
    { seed, numRuns: 400 },
  );
}

/** Distances bend sharply where they are small, and the steps above are finite; a slope is of the order of 0.1. */
const tolerances: Partial<Record<string, number>> = { mmd: 2e-4, wasserstein: 2e-3, calibration: 2e-3 };

describe.each(Object.entries(penalties))("%s", (name, { parts }) => {
  const own = functionals[name as keyof typeof functionals];
  it("has a functional for each part", () => {
    expect(own).toHaveLength(parts.length);
  });
  it.each(parts.map((part, i) => ({ part, of: part.name || "its slope", functional: own[i]! })))(
    "$of is the derivative",
    ({ part, functional }) => {
      expectDerivative(part, functional, 20301, tolerances[name] ?? 1e-5);
    },
  );
});
