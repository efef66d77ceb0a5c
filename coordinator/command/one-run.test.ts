import { expect, test, vi } from "vitest";
import { normalQuantiles } from "../../shared/privacy/audit/normal.ts";
import { runProgram } from "./cli.ts";
import { oneRunOfGaussian, oneRunOfScores } from "./one-run.ts";

const options = { delta: 1e-6, significance: 0.05 };

// jax_privacy tests/auditing_test.py (test_epsilon_one_run_close and its f-DP twin): 10,000 canaries in, 10,000 out.
test.each([
  [1, 1.13346, 2.164749],
  [2, 2.311945, 4.7218075],
  [4, 4.395568, 9.133752],
])("20,000 canaries of a %d-GDP mechanism prove ε ≥ %d, or ≥ %d by its trade-off curve", (mu, plain, gaussian) => {
  const found = oneRunOfGaussian(mu, 20_000, options);
  expect(found.oneRun / plain).toBeCloseTo(1, 4);
  expect(found.oneRunGaussian / gaussian).toBeCloseTo(1, 4);
  expect(found).toMatchObject({ canaries: { present: 10_000, absent: 10_000 }, delta: 1e-6, confidence: 0.95 });
  // Dong, Roth & Su 2022: μ = 1 costs ε = 4.89 at this δ. What canaries prove is less.
  if (mu === 1) expect(found.claimed).toBeCloseTo(4.89, 2);
  expect(found.claimed).toBeGreaterThan(found.oneRunGaussian);
});

test("scores in a file give what the same scores give in memory, in any order of rows and columns", () => {
  const absent = normalQuantiles(500);
  const rows = absent.flatMap((x, i) => [`0,${x},a${i}`, `1,${x + 2},b${i}`]);
  const found = oneRunOfScores(["present,score,name", ...rows.reverse()].join("\n"), options);
  const { claimed: _, ...expected } = oneRunOfGaussian(2, 1000, options);
  expect(found).toEqual(expected);
});

test.each([
  ["score,here\n1,1", /^--scores: «present» is not a column of the file/],
  ["score,present\nx,1", /^--scores: column «score», row 2 holds «x»/],
  ["score,present\n1,yes", /^--scores: column «present», row 2 holds «yes»/],
  ["score,present\n1,1\n2,1", /^--scores: has canaries of one kind only/],
  ["score,present", /^FILE: has no rows/],
])("%j is refused by name", (text, message) => {
  expect(() => oneRunOfScores(text, options)).toThrow(message);
});

test("what only an attack reads is refused beside --mu, not ignored", async () => {
  const { default: audit } = await import("./definitions/audit.ts");
  const program = { name: "murmur", version: "0", description: "", commands: { audit: async () => audit } };
  const said = vi.spyOn(process.stderr, "write").mockReturnValue(true);
  vi.spyOn(process.stdout, "write").mockReturnValue(true);
  for (const [flag, value] of [
    ["--out", "there"],
    ["--repeat", "2"],
    ["--trials", "300"],
    ["--noise-multiplier", "2"],
  ] as const) {
    expect(await runProgram(program, ["audit", "--mu", "1", flag, value])).not.toBe(0);
    expect(String(said.mock.lastCall![0])).toContain(`${flag}: stands beside --scores or --mu`);
  }
  expect(await runProgram(program, ["audit", "--mu", "1"])).toBe(0);
  vi.restoreAllMocks();
});
