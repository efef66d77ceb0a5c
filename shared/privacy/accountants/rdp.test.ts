import fc from "fast-check";
import { expect, test } from "vitest";
import { convert, epsilonOf, orders, rdpCurve, subsampledGaussian } from "./rdp.ts";

const epsilon = (noiseMultiplier: number, sampleRate: number, count: number, delta: number) =>
  epsilonOf([{ noiseMultiplier, sampleRate, count }], delta);
const run = { seed: 20, numRuns: 30 };

// By 40-digit quadrature of the definition (and, for whole α, the exact binomial sum).
test.each([
  [0.01, 2.5, 1.5, 1.3001417943760795e-5],
  [0.01, 2.5, 2.5, 2.1708361138362487e-5],
  [0.01, 2.5, 4.3, 3.7461017037007106e-5],
  [1e-6, 1, 1.1, 9.450527071147071e-13],
  [1e-4, 0.5, 3.7, 1.3910188454839097e-6],
  [0.5, 1, 1.01, 0.14029743611126405],
  [0.9, 8, 10.9, 0.06991835343247207],
  [0.001, 0.25, 2.3, 6.178837871042858],
  [0.04, 1.5, 1.9, 0.0008481565786101793],
  [0.3, 30, 7.7, 0.0003857080982886401],
  [1e-6, 1, 2, 1.718281828457569e-12],
  [1e-7, 4, 64, 2.0638235283650574e-14],
  [0.3, 8, 1024, 6.794850558640414],
  [0.999, 0.5, 32, 63.99896722546211],
])("q = %d, σ = %d, α = %d is exact to nine digits, also where it is tiny", (q, sigma, alpha, exact) => {
  expect(subsampledGaussian(q, sigma, alpha) / exact).toBeCloseTo(1, 9);
});

test("fractional orders are not the bound that adds absolute values: 50 answers at α = 1.5 cost 6.50077e-4, not 6.7058e-4", () => {
  expect(50 * subsampledGaussian(0.01, 2.5, 1.5)).toBeCloseTo(6.50070897e-4, 10);
});

test("where noise is too small for the quadrature, fractional orders are bounded from above, without a gap", () => {
  for (const alpha of [1.5, 3.3, 10.9]) {
    const [exact, bound] = [subsampledGaussian(0.01, 0.1, alpha), subsampledGaussian(0.01, 0.0999999, alpha)];
    expect(bound).toBeGreaterThanOrEqual(exact);
    expect(bound).toBeLessThan(1.5 * exact);
  }
});

test("RDP grows with the order, as every Rényi divergence does", () => {
  for (const [noiseMultiplier, sampleRate] of [
    [0.15, 0.3],
    [0.7, 0.01],
    [2, 1e-5],
    [30, 0.9],
  ] as const) {
    const curve = rdpCurve({ noiseMultiplier, sampleRate });
    for (let i = 1; i < curve.length; i++) expect(curve[i]! / curve[i - 1]!).toBeGreaterThan(1 - 1e-9);
  }
});

const noise = fc.double({ min: 0.25, max: 50, noNaN: true });
const rate = fc.double({ min: 1e-6, max: 1, noNaN: true });
const count = fc.integer({ min: 1, max: 100_000 });
const logDelta = fc.double({ min: -30, max: -2, noNaN: true });

test("more answers, less noise, smaller δ or more sampling never cost less", () => {
  fc.assert(
    fc.property(noise, rate, count, logDelta, fc.double({ min: 1, max: 3, noNaN: true }), (z, q, n, d, factor) => {
      const base = epsilon(z, q, n, Math.exp(d)) * (1 - 1e-9);
      expect(epsilon(z, q, Math.ceil(n * factor), Math.exp(d))).toBeGreaterThanOrEqual(base);
      expect(epsilon(z / factor, q, n, Math.exp(d))).toBeGreaterThanOrEqual(base);
      expect(epsilon(z, Math.min(1, q * factor), n, Math.exp(d))).toBeGreaterThanOrEqual(base);
      expect(epsilon(z, q, n, Math.exp(d * factor))).toBeGreaterThanOrEqual(base);
    }),
    run,
  );
});

test("how answers are listed does not matter", () => {
  fc.assert(
    fc.property(noise, rate, count, noise, (z, q, n, other) => {
      const extra = { noiseMultiplier: other, sampleRate: 0.1, count: 3 };
      const event = { noiseMultiplier: z, sampleRate: q };
      const together = epsilonOf([{ ...event, count: 2 * n }, extra], 1e-6);
      const apart = epsilonOf([{ ...event, count: n }, extra, { ...event, count: n }], 1e-6);
      expect(apart / together).toBeCloseTo(1, 9);
    }),
    run,
  );
});

test("any part of the grid of orders gives a valid, larger ε", () => {
  const curve = rdpCurve({ noiseMultiplier: 1.5, sampleRate: 0.04 });
  const on = (every: number) =>
    Math.min(...orders.flatMap((a, i) => (i % every === 0 ? [convert(a, 2250 * curve[i]!, 1e-5)] : [])));
  expect(on(2)).toBeGreaterThanOrEqual(on(1));
  expect(on(7)).toBeGreaterThanOrEqual(on(1));
  expect(on(7)).toBeLessThan(on(1) * 1.02);
});

test("sampling with certainty is no sampling", () => {
  expect(epsilon(2, 1 - 1e-9, 100, 1e-5) / epsilon(2, 1, 100, 1e-5)).toBeCloseTo(1, 6);
});

test("edges give 0, infinity or an InputError, never NaN", () => {
  expect(epsilon(2, 0, 100, 1e-5)).toBe(0);
  expect(epsilon(2, 0.5, 0, 1e-5)).toBe(0);
  expect(epsilonOf([], 0)).toBe(0);
  for (const q of [0.5, 1]) {
    expect(epsilon(0, q, 1, 1e-5)).toBe(Infinity);
    expect(epsilon(1e-200, q, 1, 1e-5)).toBe(Infinity);
    expect(epsilon(2, q, 10, 0)).toBe(Infinity);
    expect(epsilon(2, q, 10, Number.NaN)).toBe(Infinity);
    expect(epsilon(2, q, 1e12, 1e-5)).toBeGreaterThan(1e9);
    expect(epsilon(2, q, 1e12, 1e-5)).toBeLessThan(Infinity);
    expect(epsilon(1e9, q, 1, 1e-5)).toBeLessThan(1e-3);
    expect(epsilon(Infinity, q, 1, 1e-5)).toBe(0);
    expect(() => epsilon(-1, q, 1, 1e-5)).toThrow(/^noiseMultiplier/);
    expect(() => epsilon(Number.NaN, q, 1, 1e-5)).toThrow(/^noiseMultiplier/);
    expect(() => epsilon(1, q, -1, 1e-5)).toThrow(/^count/);
  }
  for (const q of [-0.1, 1.5, Number.NaN]) expect(() => epsilon(2, q, 1, 1e-5)).toThrow(/^sampleRate/);
});

test("once its curves are known, ε of a hundred rounds takes less than a millisecond", () => {
  const events = [
    { noiseMultiplier: 8, sampleRate: 1, count: 1 },
    { noiseMultiplier: 2, sampleRate: 0.01, count: 100 },
  ];
  epsilonOf(events, 1e-5);
  const began = performance.now();
  for (let i = 0; i < 200; i++) epsilonOf(events, 1e-5);
  expect((performance.now() - began) / 200).toBeLessThan(1);
});
