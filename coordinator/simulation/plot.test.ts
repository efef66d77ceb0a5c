import { expect, it } from "vitest";
import { spreadOf } from "../../shared/lab/spread.ts";
import type { BenchResult } from "./bench.ts";
import { plotOf } from "./plot.ts";

it("a scenario's figure has a mark and a name for every way to train that has a gap, and says what the noise is", () => {
  const method = (gap: number) => ({
    accuracy: spreadOf([0.8, 0.82]),
    auc: spreadOf([0.9, 0.9]),
    gap: spreadOf([gap, gap + 0.02]),
    gapOf: { sex: spreadOf([gap, gap + 0.02]) },
    worstGroupAccuracy: spreadOf([0.7, 0.7]),
  });
  const result: BenchResult = {
    ...{ scenario: "a <scenario>", task: "adult", gap: "demographicParityDifference", attributes: ["sex"] },
    ...{
      epsilon: 2,
      unit: "record",
      participants: 10,
      seeds: [1, 2],
      tolerance: 0.02,
      looked: [],
      notReached: 0,
      goal: undefined,
      seconds: 1,
    },
    methods: { "no penalty": method(0.2), ours: method(0.02), FairFed: method(Number.NaN) },
  };
  const svg = plotOf(result);
  expect(svg).toContain("a &lt;scenario&gt;: accuracy against demographicParityDifference");
  expect(svg).toContain("ε = 2 per record");
  expect(svg).not.toMatch(/NaN|undefined|FairFed<\/text>/);
  for (const name of ["no penalty", "ours"]) expect(svg).toContain(`>${name}</text>`);
});
