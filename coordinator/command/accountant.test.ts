import { expect, test } from "vitest";
import { InputError } from "../../shared/errors.ts";
import { type AccountantOptions, accountant } from "./accountant.ts";

const options: AccountantOptions = {
  unit: "record",
  rounds: 10,
  sampleRate: 1,
  delta: 1e-6,
  accountant: "zcdp",
  noiseMultiplier: 4,
};
const { noiseMultiplier: _, ...unsolved } = options;

test.each([
  ["zcdp", 4.01],
  ["rdp", 4.01],
  ["gdp", 3.75],
] as const)("ten rounds at z = 4 by %s cost %d at δ = 1e-6", (name, epsilon) => {
  const result = accountant({ ...options, accountant: name });
  expect(result.epsilon).toBeCloseTo(epsilon, 2);
  expect(result).toMatchObject({ delta: 1e-6, noiseMultiplier: 4, accountant: name, unit: "record", rho: 10 / 32 });
});

test.each(["zcdp", "gdp", "rdp"] as const)("--epsilon solves for the multiplier by %s, rounded up", (name) => {
  const solved = accountant({ ...unsolved, accountant: name, epsilon: 2 });
  expect(solved.epsilon).toBeLessThanOrEqual(2);
  expect(solved.epsilon).toBeGreaterThan(2 * (1 - 1e-4));
  expect(accountant({ ...options, accountant: name, noiseMultiplier: solved.noiseMultiplier }).epsilon).toBe(
    solved.epsilon,
  );
});

test("sampled rounds cost less, have no ρ, and their assumption is said", () => {
  const sampled = accountant({ ...options, accountant: "rdp", sampleRate: 0.1 });
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
  expect(4.011).toBeGreaterThanOrEqual(epsilon);
});

test.each<[string, Partial<AccountantOptions>, RegExp]>([
  ["--sample-rate", { unit: "participant", sampleRate: 0.1, accountant: "rdp" }, /simulation, not a guarantee/],
  ["--sample-rate", { sampleRate: 0 }, /above 0/],
  ["--accountant", { sampleRate: 0.1 }, /not a bound/],
  ["--accountant", { sampleRate: 0.1, accountant: "gdp" }, /not a bound/],
  ["--accountant", { accountant: "pld" }, /not there yet/],
  ["--noise-multiplier", { noiseMultiplier: 0 }, /above 0/],
  ["--noise-multiplier", { epsilon: 1 }, /either/],
  ["--delta", { delta: 0 }, /between 0 and 1/],
  ["--delta", { delta: 1 }, /between 0 and 1/],
  ["--rounds", { rounds: 0 }, /whole number/],
  ["--rounds", { rounds: 1.5 }, /whole number/],
])("%s is refused by name: %o", (flag, wrong, message) => {
  expect(() => accountant({ ...options, ...wrong })).toThrow(InputError);
  expect(() => accountant({ ...options, ...wrong })).toThrow(new RegExp(`^${flag}: `));
  expect(() => accountant({ ...options, ...wrong })).toThrow(message);
});

test("neither multiplier nor ε, or an ε that is no number, is refused", () => {
  expect(() => accountant(unsolved)).toThrow(/^--noise-multiplier: is missing/);
  for (const epsilon of [0, -1, Number.NaN]) expect(() => accountant({ ...unsolved, epsilon })).toThrow(/^--epsilon/);
});
