import { describe, expect, it } from "vitest";
import { countsOfCells } from "./group-counts.ts";
import { type Drift, signedGaps, stepDrift } from "./monitor.ts";
import { histogramOf, seeded } from "./testing/histograms.ts";

const { normal } = seeded(91);
const tolerance = 0.02;
const deviation = 0.03;
const noisy = (gap: number) => ({ a: { value: gap + deviation * normal(), deviation } });

describe("drift of a gap", () => {
  it("raises fewer than one false alarm in 1,000 quiet rounds, though single rounds often lie outside", () => {
    let [alarms, outside, drift] = [0, 0, undefined as Drift | undefined];
    const rounds = 50_000;
    for (let round = 0; round < rounds; round++) {
      const gaps = noisy(tolerance);
      if (Math.abs(gaps.a.value) > tolerance) outside++;
      drift = stepDrift(drift, gaps, tolerance);
      // An alarm is looked into, and the sums begin anew.
      if (drift.alarms.length > 0) [alarms, drift] = [alarms + 1, undefined];
    }
    expect(outside).toBeGreaterThan(rounds / 3);
    expect(alarms).toBeLessThan(rounds / 1000);
  });

  it.each([1, -1])(
    "finds a shift of .05 beyond the tolerance within seven rounds on average, never after twenty, either way (%i)",
    (sign) => {
      let total = 0;
      const trials = 200;
      for (let trial = 0; trial < trials; trial++) {
        let drift: Drift | undefined;
        let round = 0;
        while (!drift?.alarms.includes("a")) {
          drift = stepDrift(drift, noisy(sign * (tolerance + 0.05)), tolerance);
          expect(++round).toBeLessThanOrEqual(20);
        }
        total += round;
      }
      expect(total / trials).toBeLessThan(7);
    },
  );

  it("falls silent again once the gap is closed", () => {
    let drift: Drift | undefined;
    for (let round = 0; round < 8; round++) drift = stepDrift(drift, noisy(0.1), tolerance);
    expect(drift!.alarms).toEqual(["a"]);
    for (let round = 0; round < 30; round++) drift = stepDrift(drift, noisy(0), tolerance);
    expect(drift!.alarms).toEqual([]);
  });
});

it("a group's gap is to all the others together, with a deviation that grows with the noise", () => {
  const rows = (cell: number, selected: number, size: number) =>
    Array.from({ length: size }, (_, i) => ({ cell, label: i % 2, logit: i < selected ? 2.1 : -2.1 }));
  const h = histogramOf([...rows(0, 300, 500), ...rows(1, 100, 500), ...rows(2, 200, 500)], 3);
  const groups = (noise: number) =>
    Object.fromEntries(["x", "y", "z"].map((name, cell) => [name, countsOfCells(h, [cell], noise, undefined)]));
  const quiet = signedGaps(groups(0), 0);
  expect(quiet.x!.value).toBeCloseTo(0.6 - 0.3, 12);
  expect(quiet.y!.value).toBeCloseTo(0.2 - 0.5, 12);
  expect(signedGaps(groups(10), 0).x!.deviation).toBeGreaterThan(1.5 * quiet.x!.deviation);
  expect(signedGaps(groups(30), 0)).toEqual({});
});
