import { describe, expect, it } from "vitest";
import { fitLime, kernelWeights, stability } from "./lime.ts";
import { indexText, limeText, withoutWords } from "./lime-text.ts";
import vectors from "./vectors/explain-vectors.json" with { type: "json" };

describe("LIME on a given sample matrix", () => {
  it.each(vectors.lime.map((v, i) => ({ i, ...v })))("is lime's own fit, case $i", (v) => {
    const distances = v.neighbours.map((row) => Math.sqrt(row.filter((x) => x === 0).length));
    const weights = kernelWeights(distances, v.width);
    weights.forEach((w, i) => {
      expect(w).toBeCloseTo(v.weights[i]!, 12);
    });
    const fit = fitLime(v.neighbours, v.scores, weights, v.features);
    expect(fit.chosen).toEqual(v.coefficients.map(([place]) => place));
    fit.coefficients.forEach((c, k) => {
      expect(Math.abs(c - v.coefficients[k]![1]!)).toBeLessThan(1e-8);
    });
    expect(Math.abs(fit.intercept - v.intercept)).toBeLessThan(1e-8);
    expect(Math.abs(fit.r2 - v.r2)).toBeLessThan(1e-8);
    expect(Math.abs(fit.local - v.local)).toBeLessThan(1e-8);
  });
});

describe("LIME on texts", () => {
  it("indexes words as lime does", () => {
    const indexed = indexText("Please, take your time. Please");
    expect(indexed.words).toEqual(vectors.text.words);
    expect(indexed.positions).toEqual(vectors.text.positions);
    expect(withoutWords(indexed, [false, true, true, true])).toBe(vectors.text.without_please);
  });

  it("finds the words that a score rests on, in any script, and the same with the same seed", async () => {
    const score = (texts: string[]) =>
      texts.map((text) => 0.2 + (text.includes("gut") ? 0.5 : 0) - (text.includes("不") ? 0.15 : 0));
    const of = (seed: number) => limeText("Das ist 不 gut, sehr sehr gut", score, { seed, samples: 800, features: 2 });
    const found = await of(3);
    expect(found.words).toEqual(["gut", "不"]);
    expect(found.coefficients[0]).toBeCloseTo(0.5, 1);
    expect(found.coefficients[1]).toBeCloseTo(-0.15, 1);
    expect(JSON.stringify(await of(3))).toBe(JSON.stringify(found));
  });

  it("refuses a text without words", async () => {
    await expect(limeText(" … ", () => [0], { seed: 1 })).rejects.toThrow("has no word");
  });
});

it("stability is the mean Jaccard index over pairs", () => {
  expect(stability([[1, 2], [1, 2]])).toBe(1); // biome-ignore format: short
  expect(
    stability([
      [1, 2],
      [2, 3],
      [4, 5],
    ]),
  ).toBeCloseTo(1 / 9, 12);
});
