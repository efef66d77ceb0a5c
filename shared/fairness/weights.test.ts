import fc from "fast-check";
import { expect, it } from "vitest";
import { fairTask, histogramOf, type ScoredRow } from "./testing/histograms.ts";
import { initialWeights, kamiranCalders, largestWeight, stepWeights, weightsOf } from "./weights.ts";

/** No cell below 1 % of the rows, where the floor on shares would act. */
const counts = fc.array(fc.tuple(fc.integer({ min: 50, max: 500 }), fc.integer({ min: 50, max: 500 })), {
  minLength: 2,
  maxLength: 3,
});

it("makes label and group independent to 1e-12, and keeps the total weight", () => {
  fc.assert(
    fc.property(counts, (cells) => {
      const total = cells.flat().reduce((a, b) => a + b, 0);
      const weights = kamiranCalders(cells);
      const p = (a: number, y: number) => (weights[a]![y]! * cells[a]![y]!) / total;
      const label = [0, 1].map((y) => cells.reduce((sum, _, a) => sum + p(a, y), 0));
      expect(Math.abs(label[0]! + label[1]! - 1)).toBeLessThan(1e-12);
      cells.forEach((_, a) => {
        for (const y of [0, 1]) expect(Math.abs(p(a, y) - (p(a, 0) + p(a, 1)) * label[y]!)).toBeLessThan(1e-12);
      });
    }),
    { seed: 20267, numRuns: 200 },
  );
});

it("does not let a rare cell's weight explode, and is 1 without rows", () => {
  expect(
    kamiranCalders([
      [500, 0],
      [250, 250],
    ])[0]![1],
  ).toBeCloseTo((0.5 * 0.25) / 0.01, 12);
  expect(
    kamiranCalders([
      [0, 0],
      [0, 0],
    ]),
  ).toEqual([
    [1, 1],
    [1, 1],
  ]);
});

it("weighs only the task's attribute, only when the task says so and the counts are known", () => {
  const profile = [30, 10, 30, 30, 9, 1, 9, 1, 9, 1];
  const task = fairTask({ weights: "kamiran-calders" });
  const unmoved = { groupWeights: [], histogram: histogramOf([], 5) };
  const weights = weightsOf(task, profile, unmoved);
  expect(weights.slice(4)).toEqual([1, 1, 1, 1, 1, 1]);
  expect(weights[0]).toBeCloseTo((0.4 * 0.6) / 0.3, 12);
  expect(weights[1]).toBeCloseTo((0.4 * 0.4) / 0.1, 12);
  expect(weightsOf(task, undefined, unmoved)).toEqual(Array(10).fill(1));
  expect(weightsOf(fairTask(), profile, unmoved)).toEqual(Array(10).fill(1));
});

/** Group A is small and scored wrong, group B large and scored right. */
const rows: ScoredRow[] = [
  ...Array.from({ length: 20 }, (_, i) => ({ cell: 0, label: i % 2, logit: i % 2 === 0 ? 2.1 : -2.1 })),
  ...Array.from({ length: 80 }, (_, i) => ({ cell: 1, label: i % 2, logit: i % 2 === 0 ? -2.1 : 2.1 })),
];
const histogram = histogramOf(rows, 5);
const meanWeight = (w: readonly number[]) => 0.2 * w[0]! + 0.8 * w[1]!;

it("worst group: the group that loses most gains weight each round, the mean weight staying 1, up to a bound", () => {
  const task = fairTask({ weights: "worst-group", step: 0.5 });
  let w = initialWeights(task);
  expect(w).toEqual([1, 1]);
  for (let round = 0; round < 3; round++) {
    const before = w[0]!;
    w = stepWeights(task, w, histogram);
    expect(w[0]!).toBeGreaterThan(before);
    expect(meanWeight(w)).toBeCloseTo(1, 12);
  }
  for (let round = 0; round < 100; round++) w = stepWeights(task, w, histogram);
  // All the weight: 1 over its share.
  expect(w[0]!).toBeCloseTo(5, 6);
  expect(Math.max(...w)).toBeLessThanOrEqual(largestWeight);
  expect(weightsOf(task, undefined, { groupWeights: w, histogram })[1]).toBeCloseTo(5, 6);
});

it("q-fair: a group weighs its loss to the power of q, the mean weight being 1", () => {
  const ratioFor = (q: number) => {
    const w = weightsOf(fairTask({ weights: "q-fair", q }), undefined, { groupWeights: [], histogram });
    expect(meanWeight([w[0]!, w[2]!])).toBeCloseTo(1, 12);
    return w[0]! / w[2]!;
  };
  // At the centres of the bins that ±2.1 fall in.
  const cross = (way: number) => Math.log1p(Math.exp(way * 2.1875));
  const losses = [cross(1), cross(-1)];
  expect(ratioFor(1)).toBeCloseTo(losses[0]! / losses[1]!, 8);
  expect(ratioFor(2)).toBeCloseTo((losses[0]! / losses[1]!) ** 2, 8);
});
