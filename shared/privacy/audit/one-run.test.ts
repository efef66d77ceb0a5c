import { expect, test } from "vitest";
import { binomialTail, upperRate } from "./binomial.ts";
import { normalQuantile, normalQuantiles } from "./normal.ts";
import { oneRunEpsilon, oneRunGaussianEpsilon } from "./one-run.ts";

const absent = normalQuantiles(10_000);
const options = { delta: 1e-6, significance: 0.05 };

// jax_privacy tests/auditing_test.py, by deterministic quantiles of N(0, 1) and N(shift, 1).
test.each([
  [1, 1.13346, 2.164749],
  [2, 2.311945, 4.7218075],
  [4, 4.395568, 9.133752],
])(
  "10,000 canaries in and out, %d deviations apart: ε ≥ %d by one run, ≥ %d by its trade-off curve",
  (shift, plain, gaussian) => {
    const present = absent.map((x) => x + shift);
    expect(oneRunEpsilon(present, absent, options) / plain).toBeCloseTo(1, 4);
    expect(oneRunGaussianEpsilon(present, absent, options) / gaussian).toBeCloseTo(1, 4);
  },
);

test("scores that tell nothing refute nothing", () => {
  expect(oneRunEpsilon(absent, absent, options)).toBe(0);
  expect(oneRunGaussianEpsilon(absent, absent, options)).toBe(0);
});

test("binomial tails and Clopper and Pearson's bound have their known values", () => {
  expect(binomialTail(3, 5, 0.5)).toBeCloseTo(0.5, 11);
  expect(binomialTail(9000, 10_000, 0.89)).toBeCloseTo(0.0006419516, 9);
  expect(upperRate(0, 100, 0.05)).toBeCloseTo(1 - 0.05 ** 0.01, 10);
  expect(upperRate(10, 20, 0.025)).toBeCloseTo(0.72804, 4);
  expect(upperRate(20, 20, 0.05)).toBe(1);
});

test("quantiles of the normal distribution", () => {
  expect(normalQuantile(0.5)).toBeCloseTo(0, 14);
  expect(normalQuantile(0.01)).toBeCloseTo(-2.3263478740408408, 12);
  expect(normalQuantile(0.975)).toBeCloseTo(1.959963984540054, 12);
  expect(normalQuantile(1e-12)).toBeCloseTo(-7.034483825303, 9);
  expect(normalQuantile(0)).toBe(-Infinity);
});
