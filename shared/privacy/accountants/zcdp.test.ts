import { expect, test } from "vitest";
import { convert } from "./rdp.ts";
import { epsilonOfRho, rhoOf, rhoWithin } from "./zcdp.ts";

const rhos = [1e-9, 1e-4, 0.005, 0.39, 0.81, 12, 1e3, 1e7];
const deltas = [1e-12, 1e-6, 1e-2, 0.3];

test("ε is the least over all orders: no order of a fine grid does better, one comes close", () => {
  for (const rho of rhos) {
    for (const delta of deltas) {
      const ours = epsilonOfRho(rho, delta);
      let best = Infinity;
      for (let t = -12; t < 25; t += 0.002)
        best = Math.min(best, convert(1 + Math.exp(t), rho * (1 + Math.exp(t)), delta));
      expect(ours).toBeLessThanOrEqual(best * (1 + 1e-9) + 1e-12);
      expect(ours).toBeGreaterThanOrEqual(best * (1 - 1e-5) - 1e-9);
    }
  }
});

test("the inverse gives back ρ, and never more than the promise bears", () => {
  for (const rho of rhos.slice(2)) {
    for (const delta of deltas.slice(0, 3)) {
      const epsilon = epsilonOfRho(rho, delta);
      if (epsilon === 0) continue;
      const back = rhoWithin(epsilon, delta);
      expect(epsilonOfRho(back, delta)).toBeLessThanOrEqual(epsilon);
      expect(back / rho).toBeCloseTo(1, 9);
    }
  }
});

test("the table of a useful default policy: z = 4 for 10 rounds costs 4.01 at δ = 1e-6, ρ = 0.39 at most 4.55", () => {
  expect(epsilonOfRho(rhoOf(4, 10), 1e-6)).toBeCloseTo(4.01, 2);
  expect(epsilonOfRho(0.39, 1e-6)).toBeCloseTo(4.55, 1);
  expect(rhoOf(4, 12)).toBeLessThanOrEqual(0.39);
});

test("edges give 0 or infinity, never NaN", () => {
  expect(epsilonOfRho(0, 0)).toBe(0);
  expect(epsilonOfRho(1, 0)).toBe(Infinity);
  expect(epsilonOfRho(Infinity, 1e-5)).toBe(Infinity);
  expect(epsilonOfRho(Number.NaN, 1e-5)).toBe(Infinity);
  expect(epsilonOfRho(1, 1)).toBe(0);
  expect(epsilonOfRho(1e300, 1e-5)).toBeGreaterThan(1e299);
  expect(epsilonOfRho(1e-300, 1e-5)).toBeLessThan(1e-100);
  expect(rhoOf(0)).toBe(Infinity);
  expect(rhoOf(0, 0)).toBe(0);
  expect(rhoWithin(1, 0)).toBe(0);
  expect(rhoWithin(-1, 1e-5)).toBe(0);
  expect(rhoWithin(0, 1e-5)).toBeLessThan(1e-6);
  expect(rhoWithin(Infinity, 1e-5)).toBe(Infinity);
});
