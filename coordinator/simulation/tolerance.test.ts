import { describe, expect, it } from "vitest";
import { chooseTolerance, jackknife, type Look } from "./tolerance.ts";

describe("the tolerance that is chosen", () => {
  const goal = { atLeast: 0.83, gapAtMost: 0.04 };
  const choose = (seen: (tolerance: number) => Partial<Look>) =>
    chooseTolerance(goal, async (tolerance) => ({
      ...{ tolerance, quality: 0.83, qualityError: 0.001, gap: 0.04, gapError: 0.01 },
      ...seen(tolerance),
    }));

  it("leaves both sides of the goal as many standard errors as it can", async () => {
    // At t the gap is t, 4 − 100 t errors within the goal; quality is 100 t − 1 errors above it: as many at .025.
    const { tolerance } = await choose((t) => ({ quality: 0.83 + 0.1 * (t - 0.01), gap: t }));
    expect(tolerance).toBeGreaterThan(0.025 * 0.97);
    expect(tolerance).toBeLessThan(0.025 * 1.03);
  });

  it("narrows the gap where that costs nothing, and gives way where it is not asked for more", async () => {
    const free = await choose((t) => ({ quality: 0.85, gap: t }));
    expect(free.tolerance).toBeCloseTo(free.looked.at(-1)!.tolerance, 3);
    const narrow = await choose((t) => ({ quality: 0.82 + t / 10, gap: 0.01 }));
    expect(narrow.tolerance).toBeCloseTo(narrow.looked[0]!.tolerance, 2);
  });

  it("misses both sides by as little where it cannot have them", async () => {
    const { tolerance } = await choose((t) => ({ quality: 0.828 + 0.1 * (t - 0.05), gap: 0.02 + t }));
    // −2 + 100 (t − .05) errors of quality and 2 − 100 t of the gap: as many at .045.
    expect(tolerance).toBeGreaterThan(0.045 * 0.97);
    expect(tolerance).toBeLessThan(0.045 * 1.03);
  });

  it("is not won by an error that is small by chance", async () => {
    const { tolerance } = await choose((t) => ({
      ...{ quality: 0.83 + 0.1 * (t - 0.01), gap: t },
      ...(t > 0.035 && t < 0.04 && { gapError: 1e-5, qualityError: 1e-5 }),
    }));
    expect(tolerance).toBeLessThan(0.03);
  });

  it("is one whose gap is known, and none where none is", async () => {
    const { tolerance, looked } = await choose((t) => (t > 0.02 ? { gap: Number.NaN, gapError: Number.NaN } : {}));
    expect(tolerance).toBeLessThanOrEqual(0.02);
    expect(looked[0]!.gap).toBeNaN();
    await expect(choose(() => ({ gap: Number.NaN }))).rejects.toThrow("tell no gap");
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
