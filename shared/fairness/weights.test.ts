import fc from "fast-check";
import { expect, it } from "vitest";
import { fairTask } from "./testing/histograms.ts";
import { kamiranCalders, weightsOf } from "./weights.ts";

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
  const weights = weightsOf(task, profile);
  expect(weights.slice(4)).toEqual([1, 1, 1, 1, 1, 1]);
  expect(weights[0]).toBeCloseTo((0.4 * 0.6) / 0.3, 12);
  expect(weights[1]).toBeCloseTo((0.4 * 0.4) / 0.1, 12);
  expect(weightsOf(task, undefined)).toEqual(Array(10).fill(1));
  expect(weightsOf(fairTask(), profile)).toEqual(Array(10).fill(1));
});
