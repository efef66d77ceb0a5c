import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cellsOf, undisclosed } from "../fairness/histogram.ts";
import { asTask } from "../task-rules.ts";
import { parseNumber, readRows, takeRows } from "./rows.ts";

const outline = {
  name: "t",
  purpose: "to test the reading",
  model: {},
  privacy: { unit: "record", epsilon: 1, delta: 1e-5 },
  training: { rounds: 1, learningRate: 1 },
};
const data = {
  label: { column: "y", positive: "yes", negative: "no" },
  features: [
    { name: "age", kind: "numeric", min: 0, max: 100, missing: ["n/a"] },
    { name: "job", kind: "categorical", values: ["clerk", "cook"] },
  ],
};
const sensitive = [
  {
    name: "sex",
    column: "sex",
    groups: [
      { name: "women", values: ["F"] },
      { name: "men", values: ["M", "m"] },
    ],
  },
  {
    name: "age group",
    column: "age",
    groups: [
      { name: "young", below: 30 },
      { name: "old", from: 30 },
    ],
  },
];
const task = asTask({ ...outline, data: { ...data, sensitive } });
const record = (age: string, job: string, sex: string, y: string) => ({ age, job, sex, y });

describe("readRows", () => {
  it("reads numbers, values, labels and cells, whatever blanks stand around them", () => {
    const { rows, problems } = readRows(
      [record(" 29.5 ", "cook ", " F", " yes"), record("130", "clerk", "m", "no")],
      task,
    );
    expect(problems).toEqual([]);
    expect(rows).toEqual({
      count: 2,
      numeric: { age: Float64Array.of(29.5, 100) },
      categorical: { job: Int16Array.of(1, 0) },
      labels: Uint8Array.of(1, 0),
      cells: Uint8Array.of(0, 2, 1, 3),
    });
    expect(cellsOf(task).map((c) => c.group)).toEqual(["women", "men", "young", "old"]);
  });

  it("takes empty cells, ? and the feature's own words as missing, without a problem", () => {
    const missing = ["", "?", "n/a"].map((text) => record(text, text === "n/a" ? "" : text, "", "no"));
    const { rows, problems } = readRows(missing, task);
    expect(problems).toEqual([]);
    expect([...rows.numeric.age!]).toEqual([Number.NaN, Number.NaN, Number.NaN]);
    expect([...rows.categorical.job!]).toEqual([-1, -1, -1]);
    expect([...rows.cells]).toEqual(Array(6).fill(undisclosed));
  });

  it("leaves rows with an unknown label out, and says which; other slips cost only the cell", () => {
    const { rows, problems } = readRows(
      [record("30", "cook", "F", "maybe"), record("old", "king", "X", "yes"), record("1,5", "king", "M", "no")],
      task,
    );
    expect(rows.count).toBe(2);
    expect(problems).toEqual([
      { row: 1, column: "y", code: "unknown-label", found: "maybe" },
      { row: 2, column: "age", code: "not-a-number", found: "old" },
      { row: 2, column: "job", code: "unknown-value", found: "king" },
      { row: 3, column: "age", code: "not-a-number", found: "1,5" },
    ]);
    expect([...rows.cells]).toEqual([undisclosed, undisclosed, 1, undisclosed]);
  });

  it("puts all rows in the one cell of a task without sensitive attributes", () => {
    const plain = asTask({ ...outline, data });
    expect([...readRows([record("1", "cook", "", "no"), record("2", "cook", "", "yes")], plain).rows.cells]).toEqual([
      0, 0,
    ]);
  });

  it("names the column that a file lacks, and the file's own", () => {
    expect(() => readRows([{ age: "1", Job: "cook", sex: "F", y: "no" }], task)).toThrow(
      "job: is a column the task needs and the file lacks. The file's columns are age, Job, sex, y. Rename the one that is meant, or choose another file.",
    );
    expect(() => readRows([], task)).toThrow("file: holds no rows. Choose a file with a header and at least one row.");
  });
});

describe("parseNumber", () => {
  it("reads decimal numbers and nothing else", () => {
    expect(["1", "-2.5", ".5", "1e3", "+7."].map(parseNumber)).toEqual([1, -2.5, 0.5, 1000, 7]);
    for (const text of ["", " ", "1,5", "0x1F", "Infinity", "1e999", "1 000", "NaN", "1e"])
      expect(parseNumber(text)).toBeUndefined();
  });
});

const anyRecord = fc.record({
  age: fc.constantFrom("12", "40", "x", ""),
  job: fc.constantFrom("cook", "clerk", "king"),
  sex: fc.constantFrom("F", "M", ""),
  y: fc.constantFrom("yes", "no"),
});

describe("takeRows", () => {
  it("is the same as reading the chosen records alone", () => {
    const chosen = fc
      .array(anyRecord, { minLength: 1, maxLength: 20 })
      .chain((records) => fc.tuple(fc.constant(records), fc.array(fc.nat(records.length - 1), { minLength: 1 })));
    fc.assert(
      fc.property(chosen, ([records, indices]) => {
        const taken = takeRows(readRows(records, task).rows, Uint32Array.from(indices));
        expect(taken).toEqual(
          readRows(
            indices.map((i) => records[i]!),
            task,
          ).rows,
        );
      }),
      { seed: 2 },
    );
  });

  it("takes nothing from nothing", () => {
    const { rows } = readRows([record("1", "cook", "F", "?")], task);
    expect(takeRows(rows, new Uint32Array(0))).toEqual(rows);
  });
});
