import fc from "fast-check";
import { expect, test } from "vitest";
import { type Adversary, cohortGraph, completeUpTo, findGraph } from "./graph-parameters.ts";
import { largestSharing } from "./shares.ts";
import published from "./vectors/secagg-graph-vectors.json" with { type: "json" };

const adversaries: Record<string, Adversary> = {
  curious_server: "honest-but-curious",
  semi_malicious_server: "semi-malicious",
};

// The table of SecAgg+'s source, google-parfait/federated-compute, fcp/secagg/server/graph_parameter_finder_test.cc.
test.each(published.vectors.map((v) => [v.n, v.adversarial_rate, v.dropout_rate, v.adversary, v] as const))(
  "n = %i, γ = %d, δ = %d, %s: the published degree and threshold, or none",
  (cohort, corrupt, dropout, adversary, { feasible, degree, threshold }) => {
    const terms = { cohort, corrupt, dropout, security: 40, adversary: adversaries[adversary]! };
    expect(findGraph(terms)).toEqual(feasible ? { degree, threshold } : undefined);
  },
);

/** Pr[Hyp > t] by exact fractions. */
function exactTail(n: number, marked: number, k: number, t: number): number {
  const choose = (a: number, b: number): bigint => {
    if (b < 0 || b > a) return 0n;
    let c = 1n;
    for (let i = 0; i < b; i++) c = (c * BigInt(a - i)) / BigInt(i + 1);
    return c;
  };
  let sum = 0n;
  for (let x = t + 1; x <= Math.min(k, marked); x++) sum += choose(marked, x) * choose(n - marked, k - x);
  return Number((sum * 10n ** 60n) / choose(n, k)) / 1e60;
}

test("what is found keeps the bounds by exact arithmetic, and two neighbours fewer would not", () => {
  const keeps = (n: number, bad: number, gone: number, k: number, t: number, bits: number): boolean => {
    let corrupt = 0;
    while (exactTail(n, bad, k, corrupt) > 2 ** -(bits + 1) / n) corrupt++;
    // Fewer than t left = more than k − t of those who are gone.
    return 2 * t > k + corrupt && t > corrupt && exactTail(n, gone, k, k - t) <= 2 ** -20 / n;
  };
  fc.assert(
    fc.property(
      fc.integer({ min: 40, max: 250 }),
      fc.integer({ min: 0, max: 20 }),
      fc.integer({ min: 0, max: 15 }),
      fc.constantFrom(10, 40, 80),
      (n, corrupt, dropout, security) => {
        const terms = { cohort: n, corrupt: corrupt / 100, dropout: dropout / 100, security } as const;
        const found = findGraph({ ...terms, adversary: "semi-malicious" });
        fc.pre(found !== undefined);
        const bad = Math.floor((corrupt * n) / 100);
        const gone = Math.floor((dropout * n) / 100);
        expect(keeps(n, bad, gone, found.degree, found.threshold, security)).toBe(true);
        // Connectivity, which asks for more where few are corrupt, is not judged here.
        const fewer = found.degree - 2;
        const possible = Array.from({ length: fewer }, (_, t) => t + 1).some((t) =>
          keeps(n, bad, gone, fewer, t, security),
        );
        const removed = bad + gone;
        let cut = (n * (n - fewer - 1)) / 2;
        for (let i = 0; i < fewer; i++) cut *= Math.max(0, removed - i) / (n - i);
        expect(possible && cut < 2 ** -(security + 1)).toBe(false);
      },
    ),
    { seed: 11, numRuns: 30 },
  );
});

test("a round's graph is complete while the cohort is small, sparse later, and never needs more than 254 shares", () => {
  for (let n = 3; n <= completeUpTo; n++) {
    const { degree, threshold } = cohortGraph(n, 0.1, 0.1)!;
    expect(degree).toBe(n - 1);
    // Any two sets of `threshold` neighbours have an honest member in common.
    expect(2 * threshold - degree).toBeGreaterThan(Math.floor(n * 0.1));
    expect(threshold).toBeLessThanOrEqual(degree);
  }
  // privacy.md §3.2, η = 80.
  expect(cohortGraph(1000, 0.1, 0.05)).toEqual({ degree: 84, threshold: 65 });
  expect(cohortGraph(1000, 0.1, 0.1)).toEqual({ degree: 120, threshold: 87 });
  expect(cohortGraph(10_000, 0.1, 0.05)).toEqual({ degree: 104, threshold: 80 });
  expect(cohortGraph(10_000, 0.1, 0.1)).toEqual({ degree: 156, threshold: 113 });
  // Too many dropouts for a sparse graph: everybody with everybody, as long as that fits.
  expect(cohortGraph(200, 0.1, 0.45)?.degree).toBe(199);
  expect(cohortGraph(largestSharing + 1, 0.1, 0.45)?.degree).toBe(largestSharing);
  expect(cohortGraph(largestSharing + 2, 0.1, 0.45)).toBeUndefined();
  expect(cohortGraph(10_000, 0.3, 0.3)).toBeUndefined();
});
