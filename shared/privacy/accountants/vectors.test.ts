/** Every published value in vectors/ against the accountant it belongs to; sources and tolerances stand beside the values. */
import { expect, test } from "vitest";
import { noiseMultiplierFor } from "../calibrate.ts";
import { distributedDiscreteGaussianRdp } from "./discrete-gaussian.ts";
import { deltaOf, muOf } from "./gaussian.ts";
import { convert, epsilonOf, orders, subsampledGaussian } from "./rdp.ts";
import discrete from "./vectors/discrete-gaussian-vectors.json" with { type: "json" };
import published from "./vectors/dp-vectors.json" with { type: "json" };
import { epsilonOfRho } from "./zcdp.ts";

const epsilon = (noiseMultiplier: number, sampleRate: number, count: number, delta: number) =>
  epsilonOf([{ noiseMultiplier, sampleRate, count }], delta);

const same: Record<string, () => number> = {
  "rdp-s1.5-q0.04-T2250": () => epsilon(1.5, 0.04, 2250, 1e-5),
  "tfp-Test0": () => epsilon(1.3, 150 / 60000, 6000, 1e-5),
  "tfp-gauss2-rdp": () => epsilon(0.7, 1, 2, 1e-5),
  "gdp-rdp-order5": () => 50 * subsampledGaussian(0.01, 2.5, 5),
  "gdp-rdp-gauss-eps1": () => epsilon(4.530877117, 1, 1, 1e-6),
  "zcdp-0.81": () => epsilonOfRho(0.81, 1e-10),
  "pfl-rdp10": () => convert(10, 0.5, 1e-5),
  "gdp-gauss-eps1": () => deltaOf(muOf(1), 1),
  "go-delta-0.1": () => deltaOf(muOf(10), 0.1),
  "prv-hetero": () => deltaOf(Math.hypot(muOf(10, 50), muOf(5, 50)), 4),
};

/** Tight values (PRV, PLD, exact δ): Rényi accounting costs more, never less. */
const atLeast: Record<string, () => [ours: number, tight: number]> = {
  "prv-s0.8-q0.001-T100": () => [epsilon(0.8, 0.001, 100, 1e-6), recomputed("prv-s0.8-q0.001-T100")],
  "prv-s1.5-q0.05-T1000": () => [epsilon(1.5, 0.05, 1000, 1e-6), recomputed("prv-s1.5-q0.05-T1000")],
  "prv-s2.0-q0.2-T100": () => [epsilon(2, 0.2, 100, 1e-6), recomputed("prv-s2.0-q0.2-T100")],
  "prv-s3.0-q0.001-T50000": () => [epsilon(3, 0.001, 50000, 1e-6), recomputed("prv-s3.0-q0.001-T50000")],
  "prv-s2.0-q0.05-T20000": () => [epsilon(2, 0.05, 20000, 1e-6), recomputed("prv-s2.0-q0.05-T20000")],
  "tfp-psg120-pld": () => [epsilon(0.7, 0.01, 120, 1e-5), expected("tfp-psg120-pld")],
  "tfp-statement-pld": () => [epsilon(1, 0.0064, 782, 1e-6), expected("tfp-statement-pld")],
  "clt-is-not-a-bound": () => [epsilon(1.5, 0.04, 2249, 1e-5), 6.767],
  "gdp-psg-remove": () => [epsilon(1, 0.8, 1, expected("gdp-psg-remove")), 1],
  "gdp-psg-x3": () => [epsilon(0.5, 0.2, 3, expected("gdp-psg-x3")), 1],
  "gdp-calib-q001": () => [
    noiseMultiplierFor({ epsilon: 1, delta: 1e-5, sampleRate: 0.01, count: 1 }),
    expected("gdp-calib-q001"),
  ],
  "calib-prv-eps8": () => [
    noiseMultiplierFor({ epsilon: 8, delta: 1e-5, sampleRate: 0.04, count: 2250 }),
    recomputed("calib-prv-eps8"),
  ],
};

/** A tree over 1,600 steps has 11 levels, and each step is in one node of each: one Gaussian of sensitivity √11. */
const below: Record<string, () => number> = { "tree-1.13": () => epsilon(1.13 / Math.sqrt(11), 1, 1, 1e-6) };

const vectorOf = (id: string) => {
  const vector = published.vectors.find((v) => v.id === id);
  if (!vector) throw new Error(`no vector ${id}`);
  return vector;
};
const expected = (id: string) => vectorOf(id).expected;
const recomputed = (id: string) => vectorOf(id).recomputed!.value;

test("no vector is left out", () => {
  const tested = [same, atLeast, below].flatMap((kind) => Object.keys(kind));
  expect(tested.sort()).toEqual(published.vectors.map((v) => v.id).sort());
});

test.each(Object.entries(same))("%s is met within its tolerance", (id, compute) => {
  const { kind, value } = vectorOf(id).tolerance as { kind: string; value: number };
  const tolerance = kind === "rel" ? value * expected(id) : value;
  expect(Math.abs(compute() - expected(id))).toBeLessThanOrEqual(tolerance);
});

test.each(Object.entries(atLeast))(
  "%s is a tight value: ours is above it, within Rényi accounting's usual excess",
  (_, compute) => {
    const [ours, tight] = compute();
    expect(ours).toBeGreaterThanOrEqual(tight);
    // Worst where a tiny sampling rate meets few answers: 1.37 for 0.26.
    expect(ours).toBeLessThan(6 * tight);
  },
);

test.each(Object.entries(below))("%s is an upper bound", (id, compute) => {
  expect(compute()).toBeLessThan(expected(id));
});

test.each(discrete.vectors)(
  "$id: the sum of discrete Gaussian shares",
  ({ params, epsilon: published, rounded_l2 }) => {
    const { gamma, local_stddev, num_clients, l2_sens, beta, dim, steps, delta } = params;
    // Δ̂ of conditional rounding (Kairouz, Liu & Steinke 2021, Prop. 22), in grid steps; β = 0 leaves the first bound only.
    const c = l2_sens / gamma;
    const root = Math.sqrt(dim);
    const likely = beta === 0 ? Infinity : c ** 2 + dim / 4 + Math.sqrt(2 * Math.log(1 / beta)) * (c + root / 2);
    const sensitivity = Math.sqrt(Math.min((c + root) ** 2, likely));
    expect(sensitivity * gamma).toBeCloseTo(rounded_l2, 12);
    const shares = { sensitivity, localDeviation: local_stddev / gamma, shares: num_clients, dimension: dim };
    const ours = Math.min(...orders.map((a) => convert(a, steps * distributedDiscreteGaussianRdp(a, shares), delta)));
    expect(ours).toBeLessThanOrEqual(published * (1 + 1e-6));
    expect(ours).toBeGreaterThanOrEqual(published * (1 - 5e-3));
  },
);
