import { describe, expect, it } from "vitest";
import { figureNames, type GroupCounts, groupFigures } from "./group-figures.ts";
import { binCentre, scoreBins } from "./histogram.ts";
import type { Estimate } from "./intervals.ts";
import { attributeReport } from "./report.ts";
import { seeded } from "./testing/histograms.ts";

/** Endless rows of a group: share of its rows by label and bin, and above logit 0 within each bin by label. */
interface Population {
  shares: readonly [Float64Array, Float64Array];
}

/** Scores about a mean, labels a little off from what the scores say. */
function population(mean: number, miscalibration: number): Population {
  const rows = Float64Array.from({ length: scoreBins.count }, (_, bin) =>
    Math.exp(-((binCentre(bin) - mean) ** 2) / (2 * 1.6 ** 2)),
  );
  const total = rows.reduce((a, b) => a + b, 0);
  const positive = (bin: number) => 1 / (1 + Math.exp(-(0.8 * binCentre(bin) + miscalibration)));
  return {
    shares: [
      rows.map((x, bin) => (x / total) * (1 - positive(bin))),
      rows.map((x, bin) => (x / total) * positive(bin)),
    ],
  };
}

const t = 0.25; // an edge between bins, so that what is selected is known exactly
const { uniform, normal } = seeded(2026);

/** Poisson by Knuth's product for small means, the rounded normal for large ones: a count of rows drawn. */
function poisson(mean: number): number {
  if (mean > 50) return Math.max(0, Math.round(mean + Math.sqrt(mean) * normal()));
  let [k, product] = [0, uniform()];
  for (const limit = Math.exp(-mean); product > limit; k++) product *= uniform();
  return k;
}

const above = (counts: readonly [Float64Array, Float64Array]) =>
  counts.map((bins) => bins.reduce((sum, c, bin) => sum + (binCentre(bin) > t ? c : 0), 0)) as unknown as readonly [
    number,
    number,
  ];

function drawn({ shares }: Population, n: number, noise: number): GroupCounts {
  const rows = shares.map((bins) => bins.map((share) => poisson(n * share))) as unknown as [Float64Array, Float64Array];
  const exact = above(rows);
  const noisy = rows.map((bins) => bins.map((c) => c + noise * normal())) as unknown as [Float64Array, Float64Array];
  const counted = {
    rows: [exact[0] + noise * normal(), exact[1] + noise * normal()] as const,
    noise: noise ** 2,
  };
  return { counts: noisy, noise: noise ** 2, selected: counted, likely: counted };
}
/** What endless rows would show, scaled to a number at which nothing is too few. */
const truth = ({ shares }: Population): GroupCounts => {
  const counts = shares.map((bins) => bins.map((share) => share * 1e9)) as unknown as [Float64Array, Float64Array];
  const counted = { rows: above(counts), noise: 0 };
  return { counts, noise: 0, selected: counted, likely: counted };
};

const populations = { a: population(-0.2, 0.3), b: population(-1.1, -0.4), c: population(-0.9, 0.1) };
type Name = keyof typeof populations;

/** Share of trials whose interval holds the true figure. */
function coverage(names: Name[], n: number, noise: number, trials: number) {
  const exact = attributeReport(Object.fromEntries(names.map((name) => [name, truth(populations[name])])), t);
  const hits: Record<string, number> = {};
  const check = (name: string, estimate: Estimate | null, expected: Estimate | null) => {
    expect(estimate, name).not.toBeNull();
    const hit = estimate!.low <= expected!.value + 1e-9 && expected!.value - 1e-9 <= estimate!.high;
    hits[name] = (hits[name] ?? 0) + (hit ? 1 : 0) / trials;
  };
  for (let trial = 0; trial < trials; trial++) {
    const report = attributeReport(
      Object.fromEntries(names.map((name, i) => [name, drawn(populations[name], n * (i + 1), noise)])),
      t,
    );
    for (const figure of figureNames) check(figure, report.byGroup.a![figure], exact.byGroup.a![figure]);
    for (const [gap, estimate] of Object.entries(report.gaps))
      check(gap, estimate, exact.gaps[gap as keyof typeof exact.gaps]);
  }
  return hits;
}

describe("95 % intervals hold what endless rows would show", () => {
  it.each([
    { names: ["a", "b"] as Name[], n: 1500, noise: 0 },
    { names: ["a", "b"] as Name[], n: 1500, noise: 8 },
    { names: ["a", "b", "c"] as Name[], n: 1500, noise: 8 },
  ])("$names, $n rows in the first, noise $noise", ({ names, n, noise }) => {
    const hits = coverage(names, n, noise, 2000);
    // Of 2,000 trials a coverage has a deviation of half a point. Where groups are nearly level, the interval of the
    // largest of several gaps is a little wider than it need be.
    for (const [name, share] of Object.entries(hits)) {
      expect(share, name).toBeGreaterThan(0.93 - 0.01);
      expect(share, name).toBeLessThan(/^(worst|.*Gap$)/.test(name) ? 0.99 : 0.97 + 0.01);
    }
  });

  it("would not if the privacy noise were left out", () => {
    const exact = groupFigures(truth(populations.a), t).selectionRate!.value;
    let hits = 0;
    for (let trial = 0; trial < 500; trial++) {
      const { noise: _, selected, likely, ...rest } = drawn(populations.a, 1500, 30);
      const unaware = { ...rest, noise: 0, selected: { ...selected!, noise: 0 }, likely: { ...likely!, noise: 0 } };
      const [low, high] = groupFigures(unaware, t).selectionRate!.interval(1.96);
      if (low <= exact && exact <= high) hits += 1 / 500;
    }
    expect(hits).toBeLessThan(0.7);
  });
});

describe("too few to say", () => {
  const small = (n: number, noise: number) => {
    const counts = populations.a.shares.map((bins) => bins.map((x) => x * n)) as unknown as [
      Float64Array,
      Float64Array,
    ];
    return { counts, noise: noise ** 2 };
  };
  it("is said of a group below the floor, which rises with the noise, and no gap counts it", () => {
    for (const [n, noise, enough] of [
      [200, 0, true],
      [8, 0, false],
      [200, 8, true],
      [200, 10, false],
      [400, 10, true],
    ] as const) {
      const report = attributeReport({ a: small(n, noise), b: small(5000, noise) }, t);
      expect(report.tooFew, `${n} ${noise}`).toEqual(enough ? [] : ["a"]);
      expect(report.byGroup.a!.selectionRate === null).toBe(!enough);
      expect(report.gaps.demographicParityDifference === null).toBe(!enough);
      expect(report.fourFifths).toBe(enough ? report.fourFifths : "too few to say");
    }
  });

  it("raises the four-fifths flag only where the whole interval is on one side", () => {
    const rate = (selected: number, n: number): GroupCounts => {
      const counts = [new Float64Array(16), new Float64Array(16)] as const;
      counts[1][13] = selected;
      counts[0][2] = n - selected;
      return { counts, noise: 0 };
    };
    const flag = (a: GroupCounts, b: GroupCounts) => attributeReport({ a, b }, 0).fourFifths;
    expect(flag(rate(300, 1000), rate(500, 1000))).toBe("below");
    expect(flag(rate(490, 1000), rate(500, 1000))).toBe("not below");
    expect(flag(rate(39, 100), rate(50, 100))).toBe("too few to say");
    expect(flag(rate(0, 1000), rate(500, 1000))).toBe("below");
    expect(flag(rate(0, 1000), rate(0, 1000))).toBe("too few to say");
  });
});
