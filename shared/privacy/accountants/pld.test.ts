import fc from "fast-check";
import { expect, test } from "vitest";
import { epsilonOfMu, muOf } from "./gaussian.ts";
import { pldDelta, pldEpsilon } from "./pld.ts";
import { type Direction, privacyLoss } from "./privacy-loss.ts";
import { epsilonOf } from "./rdp.ts";

const event = (noiseMultiplier: number, sampleRate: number, count: number) => ({ noiseMultiplier, sampleRate, count });
const epsilon = (z: number, q: number, count: number, delta: number) => pldEpsilon([event(z, q, count)], delta);

test("unsampled answers cost what the exact composition of Gaussians says, less by 1e-6 at most, also at δ = 1e-40", () => {
  for (const [z, count, delta] of [
    [4, 10, 1e-6],
    [1, 3, 1e-9],
    [30, 200, 1e-5],
    [0.5, 2, 1e-40],
  ] as const) {
    const exact = epsilonOfMu(muOf(z, count), delta);
    expect(epsilon(z, 1, count, delta) / exact).toBeGreaterThan(1 - 1e-6);
    expect(epsilon(z, 1, count, delta) / exact).toBeLessThan(1 + 1e-4);
  }
});

test("one answer in many ways of composing: alone, as two kinds, as one kind twice", () => {
  const once = pldDelta([event(1.5, 0.1, 20)], 1);
  expect(pldDelta([event(1.5, 0.1, 13), event(1.5, 0.1, 7)], 1) / once).toBeCloseTo(1, 5);
  // Two exact answers, each half the price: the sum of losses is the same Gaussian.
  expect(pldDelta([event(2, 1, 2)], 1) / pldDelta([event(2 / Math.SQRT2, 1, 1)], 1)).toBeCloseTo(1, 5);
});

/** δ by plain summation over x, both ways. */
function byQuadrature(q: number, sigma: number, at: number): number {
  let [remove, add] = [0, 0];
  const step = sigma / 2000;
  for (let x = -14 * sigma; x < 1 + 14 * sigma; x += step) {
    const zero = Math.exp((-x * x) / (2 * sigma * sigma)) / (sigma * Math.sqrt(2 * Math.PI));
    const one = zero * (1 - q + q * Math.exp((2 * x - 1) / (2 * sigma * sigma)));
    remove += Math.max(0, one - Math.exp(at) * zero) * step;
    add += Math.max(0, zero - Math.exp(at) * one) * step;
  }
  return Math.max(remove, add);
}

test.each([
  [0.8, 1, 1],
  [0.01, 0.6, 0.5],
  [0.3, 2, 0.05],
  [0.9, 0.5, 3],
])("q = %d, σ = %d, ε = %d: one answer is exact, by quadrature", (q, sigma, at) => {
  expect(pldDelta([event(sigma, q, 1)], at) / byQuadrature(q, sigma, at)).toBeCloseTo(1, 5);
});

test.each(["remove", "add", "replace"] as Direction[])("the loss %s and its inverse undo each other", (direction) => {
  fc.assert(
    fc.property(
      fc.double({ min: 1e-5, max: 1, noNaN: true }),
      fc.double({ min: 0.3, max: 20, noNaN: true }),
      fc.double({ min: -5, max: 6, noNaN: true }),
      (q, sigma, deviations) => {
        const { loss, inverse } = privacyLoss(q, sigma, direction);
        const x = deviations * sigma;
        const there = loss(x);
        expect(loss(x + sigma / 10)).toBeGreaterThanOrEqual(there);
        // Where the loss hardly changes, x is not to be had back; the loss is.
        if (Number.isFinite(inverse(there))) expect(loss(inverse(there)) - there).toBeCloseTo(0, 7);
      },
    ),
    { seed: 41, numRuns: 300 },
  );
});

test("8.28 more answers, less noise, smaller δ or more sampling never cost less; Rényi's ε is never below", () => {
  fc.assert(
    fc.property(
      fc.double({ min: 0.4, max: 20, noNaN: true }),
      fc.double({ min: 1e-3, max: 1, noNaN: true }),
      fc.integer({ min: 1, max: 40 }),
      fc.double({ min: -16, max: -3, noNaN: true }),
      fc.double({ min: 1.1, max: 3, noNaN: true }),
      (z, q, n, logDelta, factor) => {
        const delta = Math.exp(logDelta);
        const base = epsilon(z, q, n, delta) * (1 - 1e-4) - 1e-9;
        expect(epsilon(z, q, Math.ceil(n * factor), delta)).toBeGreaterThanOrEqual(base);
        expect(epsilon(z / factor, q, n, delta)).toBeGreaterThanOrEqual(base);
        expect(epsilon(z, Math.min(1, q * factor), n, delta)).toBeGreaterThanOrEqual(base);
        expect(epsilon(z, q, n, delta ** factor)).toBeGreaterThanOrEqual(base);
        expect(epsilonOf([event(z, q, n)], delta)).toBeGreaterThanOrEqual(base);
      },
    ),
    { seed: 42, numRuns: 2 },
  );
});

test("8.28 edges give 0, 1 or infinity, never NaN", () => {
  for (const relation of ["add-remove", "replace-one"] as const) {
    expect(pldEpsilon([], 0, relation)).toBe(0);
    expect(pldEpsilon([event(2, 0, 5)], 1e-5, relation)).toBe(0);
    expect(pldEpsilon([event(0, 0.5, 5)], 1e-5, relation)).toBe(Infinity);
    expect(pldEpsilon([event(1e-200, 1, 5)], 1e-5, relation)).toBe(Infinity);
    expect(pldEpsilon([event(2, 0.5, 5)], 0, relation)).toBe(Infinity);
    expect(pldEpsilon([event(2, 0.5, 5)], 1, relation)).toBe(0);
    expect(pldEpsilon([event(Infinity, 0.5, 5)], 1e-5, relation)).toBe(0);
    expect(pldDelta([event(0, 0.5, 5)], 1, relation)).toBe(1);
    expect(pldDelta([event(2, 0.5, 5)], Infinity, relation)).toBe(0);
    expect(pldDelta([], 0, relation)).toBe(0);
  }
  expect(() => pldEpsilon([event(-1, 0.5, 5)], 1e-5)).toThrow(/^noiseMultiplier/);
  expect(() => pldEpsilon([event(1, 1.5, 5)], 1e-5)).toThrow(/^sampleRate/);
});

test("exchanging a unit costs more than leaving it out, and without sampling exactly twice the sensitivity", () => {
  expect(pldEpsilon([event(4, 1, 10)], 1e-6, "replace-one") / epsilonOfMu(muOf(2, 10), 1e-6)).toBeCloseTo(1, 4);
  expect(pldEpsilon([event(2, 0.1, 10)], 1e-6, "replace-one")).toBeGreaterThan(epsilon(2, 0.1, 10, 1e-6));
});
