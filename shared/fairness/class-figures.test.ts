import { expect, test } from "vitest";
import { classFigures, classTable, likeliest } from "./class-figures.ts";
import vectors from "./vectors/classes.json" with { type: "json" };

test("precision, recall, F1, support and their means are scikit-learn's", () => {
  const names = ["a", "b", "c", "d", "never predicted"];
  const found = classFigures(names, classTable(5, vectors.labels, vectors.predicted));
  found.byClass.forEach((own, i) => {
    expect(own.precision).toBeCloseTo(vectors.precision[i]!, 12);
    expect(own.recall).toBeCloseTo(vectors.recall[i]!, 12);
    expect(own.f1).toBeCloseTo(vectors.f1[i]!, 12);
    expect(own.support).toBe(vectors.support[i]);
  });
  expect(found.accuracy).toBeCloseTo(vectors.accuracy, 12);
  expect(found.macroF1).toBeCloseTo(vectors.macroF1, 12);
  expect(found.weightedF1).toBeCloseTo(vectors.weightedF1, 12);
});

test("noise takes no figure out of its range", () => {
  const { accuracy, byClass } = classFigures(["a", "b", "c"], [-3, 5.5, 7, 10, -2, 12, 0, 0, -1]);
  for (const value of [accuracy, ...byClass.flatMap(({ precision, recall, f1 }) => [precision, recall, f1])]) {
    expect(value).toBeGreaterThanOrEqual(0);
    expect(value).toBeLessThanOrEqual(1);
  }
});

test("the likeliest class of each row; of equal ones the first", () => {
  expect(Array.from(likeliest([1, 3, 2, 5, 5, 0], 3))).toEqual([1, 0]);
});
