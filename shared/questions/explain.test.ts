import fc from "fast-check";
import { expect, test } from "vitest";
import { bareTree, countRows, growLevel, isTree, openNodes, rowBins, type TreeNode } from "../explain/tree.ts";
import { undisclosed } from "../fairness/histogram.ts";
import { smallTask } from "../round/testing.ts";
import type { Task } from "../task.ts";
import { explainLayout, readExplain, sumExplained } from "./explain.ts";
import { readTree, treeCounts, treeLayout } from "./tree.ts";

const explain = { share: 0.3, attributionBound: 2, treeDepth: 2, components: 0 };
const plain = smallTask({ privacy: { unit: "record", epsilon: 2, delta: 1e-5 } });
const group = (name: string) => ({ name, values: [name] });
const sensitive = [
  { name: "side", column: "side", groups: [group("left"), group("right")] },
  { name: "kind", column: "kind", groups: [group("old"), group("young")] },
];
const record: Task = { ...plain, data: { ...plain.data, sensitive }, explain };
const features = record.data.features.length;
/** Of each attribute one of its own cells, or none */
const cellsOfRow = fc.tuple(fc.constantFrom(undisclosed, 0, 1), fc.constantFrom(undisclosed, 2, 3));
const attribution = fc.oneof(
  fc.double({ min: 0, max: 50, noNaN: true }),
  fc.integer({ min: 0, max: 20_000 }).map((x) => x / 10_000),
);

test("one row moves the sum by no more than the layout's sensitivity, in whole steps", () => {
  const layout = explainLayout(record);
  fc.assert(
    fc.property(fc.array(attribution, { minLength: features, maxLength: features }), cellsOfRow, (absolute, cells) => {
      const sum = sumExplained(record, layout, absolute, { count: 1, cells });
      let square = 0;
      for (const { offset, length, unit } of layout.segments) {
        for (let i = offset; i < offset + length; i++) {
          const steps = sum[i]! * unit;
          expect(Math.abs(steps - Math.round(steps))).toBeLessThan(1e-6);
          square += steps ** 2;
        }
      }
      expect(Math.sqrt(square)).toBeLessThanOrEqual(layout.sensitivity);
    }),
  );
});

test("the means are those of the rows, overall and by group, and too few rows say nothing", () => {
  const layout = explainLayout(record);
  const absolute = [...Array(40)].flatMap((_, row) =>
    Array.from({ length: features }, (_, f) => (row % 4) / 4 + f / 8),
  );
  const cells = [...Array(40)].flatMap((_, row) => (row < 30 ? [0, 2] : [1, 3]));
  const sum = sumExplained(record, layout, absolute, { count: 40, cells });
  const integers = sum.slice();
  for (const { offset, length, unit } of layout.segments)
    for (let i = offset; i < offset + length; i++) integers[i] = Math.round(sum[i]! * unit);
  const { name, groups } = record.data.sensitive[0]!;
  const first = record.data.features[0]!.name;
  const told = readExplain(record, layout, integers, { rows: 1, attributions: 1 })!;
  expect(told.importance[first]).toBeCloseTo(0.375, 1);
  expect(told.byGroup[name]![groups[0]!.name]![first]).toBeCloseTo((7 * 1.5 + 0 + 0.25) / 30, 1);
  expect(
    readExplain(record, layout, integers, { rows: 3, attributions: 1 })!.byGroup[name]![groups[1]!.name],
  ).toBeUndefined();
  expect(readExplain(record, layout, integers, { rows: 9, attributions: 1 })).toBeUndefined();
  expect(readExplain(record, layout, integers, { rows: 1, attributions: 5 })).toBeUndefined();
  expect(told.deviation).toBeCloseTo(1 / 40, 3);
});

test("a level of the tree from summed counts is the one that the rows themselves give", () => {
  const layout = treeLayout(record);
  const count = 200;
  const rows = {
    count,
    numeric: Object.fromEntries(
      record.data.features
        .filter((f) => f.kind === "numeric")
        .map((f) => [
          f.name,
          Float64Array.from({ length: count }, (_, i) => f.min + ((f.max - f.min) * ((i * 7) % count)) / count),
        ]),
    ),
    categorical: Object.fromEntries(
      record.data.features
        .filter((f) => f.kind === "categorical")
        .map((f) => [f.name, Int16Array.from({ length: count }, (_, i) => i % f.values.length)]),
    ),
  };
  const selected = Array.from({ length: count }, (_, i) => (i * 7) % count > 90 && i % 3 > 0);
  const half = (from: number) => {
    const places = Array.from({ length: count / 2 }, (_, i) => from + i);
    return {
      rows: {
        count: count / 2,
        numeric: Object.fromEntries(
          Object.entries(rows.numeric).map(([name, v]) => [name, Float64Array.from(places, (i) => v[i]!)]),
        ),
        categorical: Object.fromEntries(
          Object.entries(rows.categorical).map(([name, v]) => [name, Int16Array.from(places, (i) => v[i]!)]),
        ),
      },
      selected: places.map((i) => selected[i]!),
    };
  };
  const bins = rowBins(record.data.features, rows);
  let [summed, direct]: TreeNode[] = [bareTree, bareTree];
  for (let level = 0; level < explain.treeDepth; level++) {
    const sum = new Float64Array(layout.dimension);
    for (const part of [half(0), half(count / 2)]) {
      const counts = treeCounts(part.rows, part.selected, record, layout, { tree: summed!, level });
      counts.forEach((x, i) => {
        sum[i]! += x * layout.segments[0]!.unit;
      });
      for (const { offset, length } of layout.segments)
        expect(counts.slice(offset, offset + length).reduce((a, b) => a + b, 0)).toBeLessThanOrEqual(part.rows.count);
    }
    const open = openNodes(summed!, level);
    expect(open.length).toBeGreaterThan(0);
    summed = growLevel(record.data.features, summed!, level, readTree(record, layout, sum, open.length), () => 5);
    const own = countRows(record.data.features, bins, selected, direct!, openNodes(direct!, level));
    direct = growLevel(record.data.features, direct!, level, own, () => 5);
  }
  expect(summed).toEqual(direct);
  expect(summed!.split).toBeDefined();
});

test("a tree from afar is taken only in the task's shapes", () => {
  const { features } = record.data;
  const bins = 33;
  const split = {
    feature: 0,
    left: Array(bins).fill(true),
    reached: Array(bins).fill(true),
    below: [bareTree, bareTree],
  };
  const numeric = features[0]!.kind === "numeric";
  expect(numeric).toBe(true);
  const tree = { counts: [1, 2], split };
  expect(isTree(tree, features, 1)).toBe(true);
  expect(isTree(tree, features, 0)).toBe(false);
  for (const wrong of [
    { counts: [1] },
    { counts: [1, Number.NaN] },
    { ...tree, split: { ...split, feature: features.length } },
    { ...tree, split: { ...split, feature: -1 } },
    { ...tree, split: { ...split, left: Array(bins - 1).fill(true) } },
    { ...tree, split: { ...split, reached: Array(bins).fill(1) } },
    { ...tree, split: { ...split, below: [bareTree] } },
    { ...tree, split: { ...split, below: [bareTree, { counts: "x" }] } },
    null,
    7,
  ])
    expect(isTree(wrong, features, 3)).toBe(false);
});

test("a row whose attributions are not finite moves the sum no further than any other", () => {
  // A hostile model and baseline may overflow for chosen rows; one of them must not take the others' sum with it.
  const layout = explainLayout(record);
  const good = Array.from({ length: features }, (_, f) => 0.1 * f);
  for (const bad of [Number.NaN, Number.POSITIVE_INFINITY, 1.7e308]) {
    const both = sumExplained(record, layout, [...good, ...good.map(() => bad)], { count: 2, cells: [0, 2, 1, 3] });
    const alone = sumExplained(record, layout, good, { count: 1, cells: [0, 2] });
    let square = 0;
    for (const { offset, length, unit } of layout.segments)
      for (let i = offset; i < offset + length; i++) square += ((both[i]! - alone[i]!) * unit) ** 2;
    expect(Math.sqrt(square)).toBeLessThanOrEqual(layout.sensitivity);
  }
});
