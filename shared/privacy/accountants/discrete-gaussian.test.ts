import { expect, test } from "vitest";
import { distributedDiscreteGaussianRdp, sumDistance } from "./discrete-gaussian.ts";

test("shares of four grid steps and more add up to one Gaussian, to the last digit", () => {
  const shares = { sensitivity: 100, localDeviation: 4, shares: 50, dimension: 1e7 };
  expect(sumDistance(4, 50) * 1e7).toBeLessThan(1e-50);
  expect(distributedDiscreteGaussianRdp(8, shares)).toBe(4 * (100 / (4 * Math.sqrt(50))) ** 2);
});

test("shares that are too small for the grid cost more than the Gaussian they imitate", () => {
  const shares = { sensitivity: 3, localDeviation: 0.4, shares: 20, dimension: 100 };
  const gaussian = 4 * (3 / (0.4 * Math.sqrt(20))) ** 2;
  expect(distributedDiscreteGaussianRdp(8, shares)).toBeGreaterThan(gaussian * 1.01);
  expect(sumDistance(0.4, 1)).toBe(0);
});

test("no noise costs everything", () => {
  expect(distributedDiscreteGaussianRdp(2, { sensitivity: 1, localDeviation: 0, shares: 5, dimension: 1 })).toBe(
    Infinity,
  );
});
