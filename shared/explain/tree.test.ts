import { expect, it } from "vitest";
import type { FeatureColumns } from "../data/features.ts";
import { asTask } from "../task-rules.ts";
import { Seeded } from "./seeded.ts";
import { countRows, decides, growTree, pathOf, rowBins } from "./tree.ts";
import { rulesOf, treeSvg } from "./tree-svg.ts";

const { features } = asTask({
  name: "t",
  purpose: "a small task for tests of trees",
  data: {
    label: { column: "y", positive: "1", negative: "0" },
    features: [
      { name: "age", kind: "numeric", min: 0, max: 64 },
      { name: "job", kind: "categorical", values: ["a", "b", "c <&"] },
    ],
  },
  model: {},
  privacy: { unit: "record", epsilon: 1, delta: 1e-5 },
  training: { rounds: 1, learningRate: 1 },
}).data;
const count = 2000;
const random = new Seeded(5);
const rows: FeatureColumns = {
  count,
  numeric: { age: Float64Array.from({ length: count }, () => 64 * random.uniform()) },
  categorical: { job: Int16Array.from({ length: count }, () => random.below(4) - 1) },
};
const bins = rowBins(features, rows);
/** Older than 40, and either job a or job c */
const rule = (row: number) => rows.numeric.age![row]! >= 40 && [0, 2].includes(rows.categorical.job![row]!);
const decisions = Array.from({ length: count }, (_, row) => rule(row));
const grow = (depth: number, noise = () => 0) =>
  growTree(
    features,
    (tree, open) =>
      countRows(features, bins, decisions, tree, open).map((node) => node.map((f) => f.map((c) => c + noise()))),
    { depth, fewestRows: () => 20 },
  );

it("finds the rule that decisions follow, and no more than it", async () => {
  const tree = await grow(4);
  expect(rulesOf(features, tree).filter((line) => line.endsWith("→ selected"))).toEqual([
    "age ≥ 40 and job: a, c <& → selected",
  ]);
  for (let row = 0; row < count; row++) expect(decides(pathOf(tree, bins, row).at(-1)!)).toBe(rule(row));
});

it("no path contradicts itself, whatever the noise", async () => {
  const noisy = new Seeded(9);
  const tree = await grow(5, () => 12 * (noisy.uniform() - 0.5));
  for (const line of rulesOf(features, tree)) {
    const jobs = [...line.matchAll(/job: ([^→]*?)(?= and|$| →)/g)].map((m) => new Set(m[1]!.split(", ")));
    for (let i = 1; i < jobs.length; i++) for (const job of jobs[i]!) expect(jobs[i - 1]!.has(job), line).toBe(true);
    const low = [...line.matchAll(/age ≥ ([\d.]+)/g)].map((m) => Number(m[1]));
    const high = [...line.matchAll(/age < ([\d.]+)/g)].map((m) => Number(m[1]));
    expect(Math.max(-1, ...low), line).toBeLessThan(Math.min(99, ...high));
  }
});

it("is drawn with a mark for each node, words escaped, and a description to be read out", async () => {
  const svg = treeSvg(features, await grow(4));
  expect(svg.match(/<circle/g)).toHaveLength(5);
  expect(svg).toContain("c &lt;&amp;");
  expect(svg).toContain('<desc id="description">');
});

it("of decisions that are all alike is a single leaf", async () => {
  const tree = await growTree(
    features,
    (t, open) =>
      countRows(
        features,
        bins,
        decisions.map(() => false),
        t,
        open,
      ),
    { depth: 3, fewestRows: () => 5 },
  );
  expect(tree.split).toBeUndefined();
  expect(rulesOf(features, tree)).toEqual(["always → not selected"]);
});
