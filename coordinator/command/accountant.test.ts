import { expect, test } from "vitest";
import { InputError } from "../../shared/errors.ts";
import { type AccountantOptions, accountant } from "./accountant.ts";

const options: AccountantOptions = {
  unit: "record",
  relation: "add-remove",
  rounds: [10],
  sampleRate: [1],
  delta: 1e-6,
  accountant: "zcdp",
  noiseMultiplier: [4],
};
const { noiseMultiplier: _, ...unsolved } = options;

test.each([
  ["zcdp", 4.01],
  ["rdp", 4.01],
  ["gdp", 3.75],
  ["pld", 3.75],
] as const)("ten rounds at z = 4 by %s cost %d at δ = 1e-6", (name, epsilon) => {
  const result = accountant({ ...options, accountant: name });
  expect(result.epsilon).toBeCloseTo(epsilon, 2);
  expect(result).toMatchObject({ delta: 1e-6, noiseMultiplier: 4, accountant: name, unit: "record", rho: 10 / 32 });
});

test.each(["zcdp", "gdp", "rdp", "pld"] as const)("--epsilon solves for the multiplier by %s, rounded up", (name) => {
  const solved = accountant({ ...unsolved, accountant: name, epsilon: 2 });
  expect(solved.epsilon).toBeLessThanOrEqual(2);
  expect(solved.epsilon).toBeGreaterThan(2 * (1 - 1e-4));
  expect(
    accountant({ ...options, accountant: name, noiseMultiplier: [solved.noiseMultiplier as number] }).epsilon,
  ).toBe(solved.epsilon);
});

test("sampled rounds cost less, have no ρ, and their assumption is said", () => {
  const sampled = accountant({ ...options, accountant: "rdp", sampleRate: [0.1] });
  expect(sampled.epsilon).toBeLessThan(1);
  expect(sampled).not.toHaveProperty("rho");
  expect(sampled.statement).toContain("a chance of 0.1, by a coin of its own that nobody else sees");
});

test("the statement names unit, relation, accountant and assumption, and never rounds ε down", () => {
  const { statement, epsilon } = accountant({ ...options, unit: "participant" });
  expect(statement).toBe(
    "(4.011, 0.000001)-differential privacy of one participant, added or removed, over 10 noisy sums by " +
      "zero-concentrated DP (Bun & Steinke 2016), provided one participant moves each sum by at most the clipping norm.",
  );
  expect(4.011).toBeGreaterThanOrEqual(epsilon!);
});

test("8.29 a user-level ε with sampling is refused as a guarantee, by every accountant", () => {
  for (const name of ["rdp", "pld", "zcdp", "gdp"] as const) {
    const sampled: AccountantOptions = { ...options, unit: "participant", sampleRate: [0.1], accountant: name };
    expect(() => accountant(sampled)).toThrow(/^--sample-rate: .* at participant level.*simulation, not a guarantee/s);
    expect(accountant({ ...sampled, sampleRate: [1] }).epsilon).toBeGreaterThan(3);
  }
});

test("δ is the answer where noise and ε are given, by every accountant, and the exact ones agree", () => {
  const { delta: _, ...open } = options;
  const at = (name: AccountantOptions["accountant"]) => accountant({ ...open, accountant: name, epsilon: 3.75 }).delta!;
  expect(at("gdp") / 1e-6).toBeCloseTo(0.987, 2);
  expect(at("pld") / at("gdp")).toBeCloseTo(1, 3);
  expect(at("rdp")).toBeGreaterThan(at("gdp"));
  expect(at("zcdp") / at("rdp")).toBeCloseTo(1, 6);
});

test("answers of several kinds compose, one value standing for all", () => {
  const several = { ...options, noiseMultiplier: [10, 5], rounds: [50, 50] };
  expect(accountant({ ...several, accountant: "gdp" }).epsilon).toBeCloseTo(
    accountant({ ...options, accountant: "gdp", rounds: [1], ...equivalent(several) }).epsilon!,
    9,
  );
  expect(() => accountant({ ...several, sampleRate: [1, 1, 1] })).toThrow(/differ in length/);
});

const equivalent = ({ noiseMultiplier, rounds }: { noiseMultiplier: number[]; rounds: number[] }) => ({
  noiseMultiplier: [1 / Math.hypot(...noiseMultiplier.map((z, i) => Math.sqrt(rounds[i]!) / z))],
});

test("8.28 extreme figures get a clear answer", () => {
  const rdp = { ...options, accountant: "rdp" } as const;
  expect(accountant({ ...rdp, sampleRate: [0] })).toMatchObject({ epsilon: 0, truePositiveRate: expect.closeTo(0.01) });
  expect(accountant({ ...rdp, accountant: "pld", sampleRate: [0] }).epsilon).toBe(0);
  expect(accountant({ ...rdp, noiseMultiplier: [1000], rounds: [1_000_000] }).epsilon).toBeCloseTo(5.22, 1);
  expect(accountant({ ...rdp, noiseMultiplier: [2], sampleRate: [1e-3], rounds: [1_000_000] }).epsilon).toBeLessThan(
    2.6,
  );
  expect(() => accountant({ ...rdp, delta: 0 })).toThrow(/^--delta: is 0.*no ε with certainty/s);
  expect(() => accountant({ ...rdp, noiseMultiplier: [0] })).toThrow(/^--noise-multiplier: is 0.*without noise no ε/s);
});

test.each<[string, Partial<AccountantOptions>, RegExp]>([
  ["--sample-rate", { sampleRate: [-0.1] }, /from 0 to 1/],
  ["--accountant", { sampleRate: [0.1] }, /not a bound/],
  ["--accountant", { sampleRate: [0.1], accountant: "gdp" }, /not a bound/],
  ["--accountant", { sampleRate: [0.1], accountant: "rdp", relation: "replace-one" }, /--accountant pld/],
  ["--noise-multiplier", { noiseMultiplier: [Number.NaN] }, /above 0/],
  ["--epsilon", { epsilon: 1 }, /two of/],
  ["--delta", { delta: 1 }, /between 0 and 1/],
  ["--rounds", { rounds: [0] }, /whole number/],
  ["--rounds", { rounds: [1.5] }, /whole number/],
  ["--order", { order: 5 }, /--accountant rdp/],
  ["--order", { order: 1, accountant: "rdp" }, /above 1/],
])("%s is refused by name: %o", (flag, wrong, message) => {
  expect(() => accountant({ ...options, ...wrong })).toThrow(InputError);
  expect(() => accountant({ ...options, ...wrong })).toThrow(new RegExp(`^${flag}: `));
  expect(() => accountant({ ...options, ...wrong })).toThrow(message);
});

test("neither multiplier nor ε, or an ε that is no number, is refused", () => {
  expect(() => accountant(unsolved)).toThrow(/^--noise-multiplier: is missing/);
  for (const epsilon of [0, -1, Number.NaN]) expect(() => accountant({ ...unsolved, epsilon })).toThrow(/^--epsilon/);
});
