import { expect, it } from "vitest";
import { binWidth, scoreBins } from "../histogram.ts";
import { type BinnedRow, sidesFrom } from "../testing/histograms.ts";
import { centres } from "../witness.ts";
import { demographicParity } from "./demographic-parity.ts";
import { equalOpportunity } from "./equal-opportunity.ts";
import { surrogate } from "./selection.ts";

it("the bump, interpolated, adds up to the surrogate's rise wherever the threshold lies between bins, to 3 %", () => {
  for (let t = scoreBins.low + 1; t <= scoreBins.high - 1; t += 0.017) {
    const slopes = centres.map((z) => surrogate(z, t).slope);
    let rise = 0;
    for (let bin = 0; bin + 1 < scoreBins.count; bin++) rise += ((slopes[bin]! + slopes[bin + 1]!) / 2) * binWidth;
    const whole = surrogate(centres.at(-1)!, t).value - surrogate(centres[0]!, t).value;
    expect(Math.abs(rise / whole - 1)).toBeLessThan(0.03);
  }
});

it("has a hard gap with a sign, and none without rows", () => {
  const [high, low]: BinnedRow[][] = [[{ label: 1, bin: 13 }], [{ label: 0, bin: 6 }]];
  const gap = (a: BinnedRow[], b: BinnedRow[]) => {
    const sides = sidesFrom(a, b);
    return demographicParity.parts[0]!.gap(sides, 0, sides);
  };
  expect(gap(high!, low!)).toBe(1);
  expect(gap(low!, high!)).toBe(-1);
  expect(gap(high!, [])).toBeNull();
  const sides = sidesFrom(high!, low!);
  // Side b has no positives, so there is no true positive rate to compare.
  expect(equalOpportunity.parts[0]!.gap(sides, 0, sides)).toBeNull();
});
