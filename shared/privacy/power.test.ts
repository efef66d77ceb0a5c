import { expect, test } from "vitest";
import { attackerPower } from "./power.ts";

const event = (noiseMultiplier: number, sampleRate: number, count: number) => ({ noiseMultiplier, sampleRate, count });

test("without sampling it is the trade-off curve of the composed Gaussian: μ = 0.25, 0.5, 1, 2", () => {
  expect(attackerPower([event(4, 1, 1)])).toBeCloseTo(0.0189, 4);
  expect(attackerPower([event(4, 1, 4)])).toBeCloseTo(0.0339, 4);
  expect(attackerPower([event(2, 1, 2), event(2, 1, 2)])).toBeCloseTo(0.0924, 4);
  expect(attackerPower([event(0.5, 1, 1)])).toBeCloseTo(0.3721, 4);
});

test("sampling takes power away, down to guessing, and never adds any", () => {
  const full = attackerPower([event(1, 1, 50)]);
  const rates = [1, 0.3, 0.05, 0.01, 0.001].map((q) => attackerPower([event(1, q, 50)]));
  expect(rates[0]).toBe(full);
  for (let i = 1; i < rates.length; i++) expect(rates[i]).toBeLessThanOrEqual(rates[i - 1]!);
  expect(rates.at(-1)).toBeLessThan(0.02);
  expect(attackerPower([event(1, 0, 50)])).toBeCloseTo(0.01, 12);
  expect(attackerPower([])).toBeCloseTo(0.01, 12);
  expect(attackerPower([event(0, 1, 1)])).toBe(1);
});

/** The optimal test of one answer against a sampled one, by its ROC: the bound must be above it. */
test("the bound with sampling is above what the best test of one answer reaches", () => {
  const [q, sigma] = [0.3, 0.5];
  // Threshold of N(0, σ²) at 1 %.
  const threshold = 2.3263478740408408 * sigma;
  const above = (centre: number) => {
    let share = 0;
    for (let x = threshold; x < 6; x += 1e-4) share += Math.exp(-(((x - centre) / sigma) ** 2) / 2) * 1e-4;
    return share / (sigma * Math.sqrt(2 * Math.PI));
  };
  const best = (1 - q) * above(0) + q * above(1);
  expect(attackerPower([event(sigma, q, 1)])).toBeGreaterThan(best);
});
