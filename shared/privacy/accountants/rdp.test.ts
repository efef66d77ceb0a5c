import { expect, test } from "vitest";
import { deltaOf, epsilonOfMu, muOf } from "./gaussian.ts";
import { convert, epsilonOf, subsampledGaussian } from "./rdp.ts";
import vectors from "./vectors/dp-vectors.json" with { type: "json" };
import { epsilonOfRho } from "./zcdp.ts";

const expected = (id: string) => vectors.vectors.find((v) => v.id === id)!.expected as number;
const epsilon = (noiseMultiplier: number, sampleRate: number, count: number, delta: number) =>
  epsilonOf([{ noiseMultiplier, sampleRate, count }], delta);

test.each([
  ["rdp-s1.5-q0.04-T2250", () => epsilon(1.5, 0.04, 2250, 1e-5), 1e-6],
  ["tfp-Test0", () => epsilon(1.3, 150 / 60000, 6000, 1e-5), 1e-6],
  ["tfp-gauss2-rdp", () => epsilon(0.7, 1, 2, 1e-5), 0.005],
  ["gdp-rdp-order5", () => 50 * subsampledGaussian(0.01, 2.5, 5), 1e-4 * 0.00218075656],
  ["gdp-rdp-gauss-eps1", () => epsilon(4.530877117, 1, 1, 1e-6), 1e-6],
  ["zcdp-0.81", () => epsilonOfRho(0.81, 1e-10), 0.01],
  ["pfl-rdp10", () => convert(10, 0.5, 1e-5), 1e-10],
  ["gdp-gauss-eps1", () => deltaOf(1, 1), 1e-7],
  ["go-delta-0.1", () => deltaOf(0.1, 0.1), 1e-10],
  ["prv-hetero", () => deltaOf(Math.hypot(muOf(10, 50), muOf(5, 50)), 4), 1e-3 * 0.01645567286410897],
])("the published value %s is met within its tolerance", (id, compute, tolerance) => {
  expect(Math.abs(compute() - expected(id))).toBeLessThanOrEqual(tolerance);
});

test.each([
  ["prv-s0.8-q0.001-T100", 0.8, 0.001, 100, 1e-6],
  ["prv-s1.5-q0.05-T1000", 1.5, 0.05, 1000, 1e-6],
  ["prv-s2.0-q0.2-T100", 2, 0.2, 100, 1e-6],
  ["prv-s3.0-q0.001-T50000", 3, 0.001, 50000, 1e-6],
  ["prv-s2.0-q0.05-T20000", 2, 0.05, 20000, 1e-6],
])("RDP never promises less than the tight value %s", (id, sigma, q, steps, delta) => {
  expect(epsilon(sigma, q, steps, delta)).toBeGreaterThanOrEqual(expected(id) - 0.012);
});

test("fractional orders are exact, not the absolute-value bound: values by quadrature of α = 1.5 and 2.5", () => {
  // privacy research §2.2: dp_accounting's own constants 6.7058e-4 and 1.08549e-3 are upper bounds. σ = 2.5? found by order 5.
  const between = subsampledGaussian(0.01, 2.5, 4.999999);
  expect(between / subsampledGaussian(0.01, 2.5, 5)).toBeCloseTo(1, 5);
});

test("the accountant is monotone in steps, noise, δ and sampling rate", () => {
  const base = epsilon(2, 0.1, 100, 1e-5);
  expect(epsilon(2, 0.1, 101, 1e-5)).toBeGreaterThan(base);
  expect(epsilon(1.9, 0.1, 100, 1e-5)).toBeGreaterThan(base);
  expect(epsilon(2, 0.11, 100, 1e-5)).toBeGreaterThan(base);
  expect(epsilon(2, 0.1, 100, 1e-6)).toBeGreaterThan(base);
  expect(epsilon(2, 1, 100, 1e-5)).toBeGreaterThan(epsilon(2, 0.999, 100, 1e-5) - 1e-9);
});

test("edges give 0 or infinity, never NaN", () => {
  expect(epsilon(2, 0, 100, 1e-5)).toBe(0);
  expect(epsilon(2, 0.5, 0, 1e-5)).toBe(0);
  expect(epsilon(0, 0.5, 1, 1e-5)).toBe(Infinity);
  expect(epsilon(0, 1, 1, 1e-5)).toBe(Infinity);
  expect(epsilon(2, 0.5, 10, 0)).toBe(Infinity);
  expect(epsilon(2, 1, 10, 0)).toBe(Infinity);
  expect(Number.isFinite(epsilon(2, 0.5, 1e9, 1e-5))).toBe(true);
  expect(() => epsilon(2, 1.5, 1, 1e-5)).toThrow(/sampleRate/);
  expect(() => epsilon(-1, 0.5, 1, 1e-5)).toThrow(/noiseMultiplier/);
});

test("the exact Gaussian ε is never above zCDP's", () => {
  for (const z of [0.7, 1, 2, 4, 8]) {
    expect(epsilonOfMu(muOf(z, 10), 1e-6)).toBeLessThan(epsilonOfRho(10 / (2 * z * z), 1e-6));
  }
  expect(epsilonOfMu(muOf(1, 1), 1e-6)).toBeCloseTo(4.89, 2);
  expect(epsilonOfMu(muOf(4, 10), 1e-6)).toBeCloseTo(3.75, 2);
});
