import fc from "fast-check";
import { expect, test } from "vitest";
import { deltaOf, epsilonOfMu, logNormalCdf, muOf, truePositiveRateAtOnePercent } from "./gaussian.ts";
import { epsilonOfRho, rhoOf } from "./zcdp.ts";

// 40-digit values.
test.each([
  [-100, -5005.524208694205],
  [-38, -726.5572160188201],
  [-20, -203.91715537109727],
  [-8, -35.01343715991455],
  [-4.5, -12.59241973571308],
  [-3, -6.607726221510349],
  [-1.6, -2.904078010302246],
  [-1.4, -2.516314852988329],
  [-0.5, -1.1759117615936185],
  [0, -Math.LN2],
  [0.3, -0.4814101615884812],
  [1, -0.17275377902344988],
  [3, -0.0013508099647481938],
  [5, -2.866516129637636e-7],
  [9, -1.1285884059538405e-19],
])("ln Φ(%d) is right to 1e-13", (x, exact) => {
  expect(Math.abs(logNormalCdf(x) / exact - 1)).toBeLessThan(1e-13);
});

test.each([
  [0.01, 0.05, 5.481440200746877e-10],
  [0.1, 1, 1.2308359836427041e-25],
  [1, 8, 3.6508216874217905e-15],
  [4, 40, 2.039383414445811e-16],
  [20, 300, 2.2727748823194894e-7],
])("δ at μ = %d, ε = %d keeps its digits far out", (mu, epsilon, exact) => {
  expect(Math.abs(deltaOf(mu, epsilon) / exact - 1)).toBeLessThan(1e-9);
});

test("ε at δ and δ at ε undo each other, and ε errs upwards", () => {
  const mu = fc.double({ min: 0.01, max: 20, noNaN: true });
  const logDelta = fc.double({ min: -40, max: -3, noNaN: true });
  fc.assert(
    fc.property(mu, logDelta, (m, log) => {
      const epsilon = epsilonOfMu(m, Math.exp(log));
      expect(deltaOf(m, epsilon)).toBeLessThanOrEqual(Math.exp(log));
      if (epsilon > 0) expect(deltaOf(m, epsilon * (1 - 1e-9))).toBeGreaterThan(Math.exp(log) * (1 - 1e-9));
    }),
    { seed: 21, numRuns: 300 },
  );
});

test.each([
  [1, 1, 4.89],
  [2, 1, 2.25],
  [4, 10, 3.75],
  [8, 100, 6.31],
])("z = %d over %d rounds costs %d exactly at δ = 1e-6, and zCDP says more", (z, rounds, exact) => {
  expect(epsilonOfMu(muOf(z, rounds), 1e-6)).toBeCloseTo(exact, 2);
  expect(epsilonOfRho(rhoOf(z, rounds), 1e-6)).toBeGreaterThan(exact);
});

test("the attacker's power at 1 % false alarms", () => {
  expect(truePositiveRateAtOnePercent(0)).toBeCloseTo(0.01, 14);
  expect(truePositiveRateAtOnePercent(0.25)).toBeCloseTo(0.0189308942655463, 14);
  expect(truePositiveRateAtOnePercent(1)).toBeCloseTo(0.0923622480736939, 14);
  expect(truePositiveRateAtOnePercent(2)).toBeCloseTo(0.372080585435494, 14);
  expect(truePositiveRateAtOnePercent(Infinity)).toBe(1);
});

test("edges give 0, 1 or infinity, never NaN", () => {
  expect(muOf(0)).toBe(Infinity);
  expect(muOf(0, 0)).toBe(0);
  expect(deltaOf(0, 1)).toBe(0);
  expect(deltaOf(Infinity, 1)).toBe(1);
  expect(deltaOf(Number.NaN, 1)).toBe(1);
  expect(deltaOf(1, Infinity)).toBe(0);
  expect(epsilonOfMu(0, 0)).toBe(0);
  expect(epsilonOfMu(1, 0)).toBe(Infinity);
  expect(epsilonOfMu(Infinity, 1e-5)).toBe(Infinity);
  expect(epsilonOfMu(1e-30, 1e-5)).toBe(0);
  expect(epsilonOfMu(1e4, 1e-5)).toBeLessThan(Infinity);
});
