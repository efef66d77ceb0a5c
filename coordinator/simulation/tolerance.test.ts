import { describe, expect, it } from "vitest";
import { chooseTolerance, jackknife } from "./tolerance.ts";

describe("the tolerance that is chosen", () => {
  const choose = (gapOf: (tolerance: number) => number, error = 0) =>
    chooseTolerance(0.04, async (tolerance) => ({ tolerance, accuracy: 0.8, gap: gapOf(tolerance), error }));

  it("is the loosest that keeps the aim, to a sixth of itself", async () => {
    const { tolerance, looked } = await choose((t) => 0.6 * t);
    expect(0.6 * tolerance).toBeLessThanOrEqual(0.04);
    expect(0.6 * tolerance).toBeGreaterThan(0.04 * (5 / 6));
    expect(looked.map((seen) => 0.6 * seen.tolerance <= 0.04)).toEqual([false, false, false, true]);
  });

  it("keeps the aim by a standard error", async () => {
    const { tolerance } = await choose((t) => t, 0.01);
    expect(tolerance).toBeLessThanOrEqual(0.03);
    expect(tolerance).toBeGreaterThan(0.03 * (5 / 6));
  });

  it("is the one with the narrowest gap where none keeps the aim", async () => {
    const { tolerance, looked } = await choose((t) => 0.1 + Math.abs(t - 0.03));
    expect(looked).toHaveLength(13);
    expect(Math.abs(tolerance - 0.03)).toBeLessThan(0.004);
  });

  it("is the tightest where nobody can know a gap", async () => {
    const { tolerance, looked } = await choose(() => Number.NaN);
    expect(tolerance).toBe(looked.at(-1)!.tolerance);
    expect(tolerance).toBeGreaterThanOrEqual(0.01);
  });
});

describe("the jackknife", () => {
  it("of a mean is its standard error", () => {
    const samples = [1, 4, 2, 8, 5];
    const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
    const variance = samples.reduce((sum, value) => sum + (value - mean(samples)) ** 2, 0) / 4;
    expect(jackknife(samples, mean)).toBeCloseTo(Math.sqrt(variance / 5), 12);
  });
});
