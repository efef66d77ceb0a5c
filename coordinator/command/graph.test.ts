import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { runProgram } from "./cli.ts";
import { graph } from "./graph.ts";

const terms = { cohort: 1000, corrupt: 0.1, dropout: 0.1, security: 40, adversary: "semi-malicious" } as const;
const program = {
  name: "murmur",
  version: "0",
  description: "d",
  commands: { graph: async () => (await import("./definitions/graph.ts")).default },
};

let out = "";
beforeEach(() => {
  out = "";
  vi.spyOn(process.stdout, "write").mockImplementation((text) => {
    out += text;
    return true;
  });
});
afterEach(() => vi.restoreAllMocks());

const infeasible = ["graph", "--cohort", "1000", "--corrupt", "0.4", "--dropout", "0.4"];

test("a graph that is there is exit 0", async () => {
  expect(await runProgram(program, ["graph", "--cohort", "1000", "--json"])).toBe(0);
  expect(JSON.parse(out)).toEqual(graph(terms));
});

test("no graph is exit 1, and a sentence that says what to change; with --json it stands in `change`", async () => {
  expect(await runProgram(program, infeasible)).toBe(1);
  expect(out).toMatch(/^No sparse graph keeps 1000 members.* Use --dropout 0\.\d+, or --corrupt 0\.\d+\.\n$/);
  const sentence = out.trim();
  out = "";
  expect(await runProgram(program, [...infeasible, "--json"])).toBe(1);
  expect(JSON.parse(out)).toEqual({ infeasible: true, change: sentence });
});

test.each([
  { ...terms, corrupt: 0.4, dropout: 0.4 },
  { ...terms, cohort: 20, corrupt: 0.3, dropout: 0.3 },
  { ...terms, cohort: 3 },
  { ...terms, cohort: 5, dropout: 0.4, adversary: "honest-but-curious" as const },
])("whatever is advised is a graph: %o", (wrong) => {
  const found = graph(wrong);
  const advice = [...("change" in found ? found.change : "").matchAll(/--(\w+) ([\d.]+)/g)];
  expect(advice.length).toBeGreaterThan(0);
  for (const [, flag, value] of advice) expect(graph({ ...wrong, [flag!]: Number(value) })).toHaveProperty("degree");
});

test("a small cohort is told that its rounds need no sparse graph, and where nothing alone helps that is said", () => {
  const few = graph({ ...terms, cohort: 3 });
  expect(few).toHaveProperty("change", expect.stringContaining("everybody is everybody's neighbour"));
  const hopeless = graph({ ...terms, corrupt: 0.95, dropout: 0.9, adversary: "honest-but-curious" });
  expect(hopeless).toHaveProperty("change", expect.stringContaining("Lower --corrupt and --dropout together"));
});
