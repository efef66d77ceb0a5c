import { expect, it } from "vitest";
import { fairnessMetrics } from "../metrics.ts";
import { type BinnedRow, sidesFrom } from "../testing/histograms.ts";
import { centres } from "../witness.ts";
import { aucGap } from "./auc-gap.ts";

it("the gap is that of the exact AUCs where rows stand at bin centres", () => {
  const rows = (shift: number): BinnedRow[] =>
    [3, 5, 8, 9, 12, 7, 7].map((bin, i) => ({ label: (i % 2) as 0 | 1, bin: Math.min(15, bin + (i % 2) * shift) }));
  const [a, b] = [rows(2), rows(-1)];
  const sides = sidesFrom(a, b);
  const exact = fairnessMetrics({
    yTrue: [...a, ...b].map((r) => r.label),
    score: [...a, ...b].map((r) => centres[r.bin]!),
    groups: [...a.map(() => "a"), ...b.map(() => "b")],
  });
  expect(aucGap.parts[0]!.gap(sides, 0, sides)).toBeCloseTo(exact.byGroup.a!.auc! - exact.byGroup.b!.auc!, 12);
});
