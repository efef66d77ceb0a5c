import { expect, it } from "vitest";
import { architectureOf, layersOf, parameterCount } from "../model.ts";
import { asTask, checkTask } from "../task-rules.ts";
import { dropIdentifiers } from "./anonymise.ts";
import { encodeFeatures } from "./features.ts";
import { imageCell, imageOf } from "./images.ts";
import { splitHeldBack } from "./portions.ts";
import { readRows, takeRows } from "./rows.ts";

const task = (change: { data?: object; layers?: object[]; rest?: object } = {}) => ({
  name: "pictures",
  purpose: "a task that reads images",
  data: {
    label: { column: "label", classes: ["a", "b", "c"] },
    images: { width: 6, height: 4 },
    ...change.data,
  },
  model: {
    layers: change.layers ?? [
      { kind: "conv2d", channels: 2, size: 3, activation: "relu" },
      { kind: "max-pool2d", size: 2 },
      { kind: "dense", outputs: 3 },
    ],
  },
  privacy: { unit: "record", epsilon: 2, delta: 1e-5 },
  training: { rounds: 2, learningRate: 1 },
  cohort: { minimum: 5 },
  ...change.rest,
});
const problemsOf = (value: unknown): string[] => {
  const checked = checkTask(value);
  return "task" in checked ? [] : checked.problems.map(({ path, problem }) => `${path.join(".")} ${problem}`);
};
const dense = { kind: "dense", outputs: 3 };

it("a task that reads images is taken, of one colour or three, with layers that see them", () => {
  expect(problemsOf(task())).toEqual([]);
  const colour = asTask(task({ data: { images: { width: 6, height: 4, channels: 3 } } }));
  expect(architectureOf(colour).inputShape).toEqual([4, 6, 3]);
  expect(layersOf(architectureOf(colour)).map(({ outputShape }) => outputShape)).toEqual([[2, 4, 2], [1, 2, 2], [3]]);
  expect(parameterCount(architectureOf(colour))).toBe((9 * 3 + 1) * 2 + 5 * 3);
});

it.each([
  ["data.features stand beside", { data: { features: [{ name: "x", kind: "numeric", min: 0, max: 1 }] } }],
  ["data.text stands beside", { data: { text: { column: "text" } } }],
  ["data.images.column is the label", { data: { images: { width: 6, height: 4, column: "label" } } }],
  ["explain is about columns, which an image has not", { rest: { explain: {} } }],
  [
    "model.layers.0.size is 9 for an image of 4 × 6; use a smaller window",
    { layers: [{ kind: "max-pool2d", size: 9 }, dense] },
  ],
  [
    "model.layers.1 is dense, right behind a conv2d; put a max-pool2d between",
    { layers: [{ kind: "conv2d", channels: 2, size: 3 }, dense] },
  ],
  ["model.layers.0.kind must be dense in the last layer", { layers: [{ kind: "max-pool2d", size: 2 }] }],
  ["model.layers.0.kind must be dense: there are no tokens", { layers: [{ kind: "mean-tokens" }, dense] }],
])("is refused where %s", (problem, change) => {
  expect(problemsOf(task(change)).join("\n")).toContain(problem);
});

it("windows without images are refused as before", () => {
  const features = [{ name: "x", kind: "numeric", min: 0, max: 1 }];
  const asked = task({ data: { images: undefined, features }, layers: [{ kind: "max-pool2d", size: 2 }, dense] });
  expect(problemsOf(asked).join("\n")).toContain("a table's columns have no neighbours for max-pool2d");
});

it("cells become pixels and inputs, what is no image is told by row and left out", () => {
  const asked = asTask(task());
  const one = Uint8Array.from({ length: 24 }, (_, i) => i * 10);
  const two = one.map((byte) => 255 - byte);
  expect(imageOf(imageCell(one), asked.data.images!)).toEqual(one);
  const records = [
    { image: imageCell(one), label: "b", other: "x" },
    { image: "cat.heic", label: "a", other: "y" },
    { image: imageCell(one.subarray(1)), label: "a", other: "y" },
    { image: imageCell(two), label: "z", other: "y" },
    { image: imageCell(two), label: "c", other: "y" },
  ];
  const { records: kept, dropped } = dropIdentifiers(records, asked);
  expect(dropped).toEqual(["other"]);
  const { rows, problems } = readRows(kept, asked);
  expect(problems.map(({ row, code }) => [row, code])).toEqual([
    [2, "not-an-image"],
    [3, "not-an-image"],
    [4, "unknown-label"],
  ]);
  expect([rows.count, Array.from(rows.labels)]).toEqual([2, [1, 2]]);
  expect(encodeFeatures(rows, asked, {})).toEqual(Float32Array.from([...one, ...two], (byte) => byte / 255));
  expect(takeRows(rows, Uint32Array.of(1)).pixels).toEqual(two);
});

it("a row's part hangs on its image, and on nothing beside it", () => {
  const asked = asTask(task());
  const images = Array.from({ length: 200 }, (_, i) => imageCell(new Uint8Array(24).fill(i)));
  const rowsOf = (cells: string[]) =>
    readRows(
      cells.map((image) => ({ image, label: "a" })),
      asked,
    ).rows;
  const heldBack = (cells: string[]) => {
    const { heldBack } = splitHeldBack(rowsOf(cells), 0.3, new Uint8Array(32).fill(7));
    return Array.from(heldBack, (row) => cells[row]!);
  };
  const all = heldBack(images);
  expect(all.length).toBeGreaterThan(30);
  expect(all.length).toBeLessThan(90);
  expect(heldBack(images.slice(100))).toEqual(all.filter((cell) => images.indexOf(cell) >= 100));
});
