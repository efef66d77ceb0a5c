import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { asTask } from "../task-rules.ts";
import { anonymityOf, bandsOf, dropIdentifiers, toBand } from "./anonymise.ts";

const task = asTask({
  name: "t",
  purpose: "to test anonymity",
  data: {
    label: { column: "y", positive: "1", negative: "0" },
    features: [
      { name: "age", kind: "numeric", min: 0, max: 100 },
      { name: "weight", kind: "numeric", min: 0, max: 200 },
    ],
    sensitive: [
      {
        name: "sex",
        column: "sex",
        groups: [
          { name: "f", values: ["F"] },
          { name: "m", values: ["M"] },
        ],
      },
    ],
    identifiers: ["name", "postcode"],
    quasiIdentifiers: ["age", "town", "postcode"],
  },
  model: {},
  privacy: { unit: "record", epsilon: 1, delta: 1e-5 },
  training: { rounds: 1, learningRate: 1 },
});

/** Rows that agree with this one, counted one by one. */
const bruteForce = (records: Record<string, string>[], columns: string[]) => {
  const sizes = records.map((a) => records.filter((b) => columns.every((c) => a[c] === b[c])).length);
  return { k: records.length === 0 ? 0 : Math.min(...sizes), unique: sizes.filter((size) => size === 1).length };
};

describe("anonymityOf", () => {
  const cell = fc.constantFrom("a", "a,a", 'a","a', "1");
  const records = fc.array(fc.record({ x: cell, y: cell, z: cell }), { maxLength: 25 });

  it("counts as one counts by hand", () => {
    fc.assert(
      fc.property(records, fc.subarray(["x", "y", "z"]), (rows, columns) => {
        expect(anonymityOf(rows, columns)).toMatchObject(bruteForce(rows, columns));
      }),
      { seed: 4, numRuns: 300 },
    );
  });

  it("never finds less anonymity in bands than in the numbers themselves", () => {
    const ages = fc.array(fc.record({ age: fc.integer({ min: 18, max: 60 }).map(String) }), {
      minLength: 1,
      maxLength: 40,
    });
    fc.assert(
      fc.property(ages, (rows) => {
        const banded = rows.map(({ age }) => ({ age: String(Math.floor(Number(age) / 10)) }));
        expect(anonymityOf(rows, ["age"], { age: 10 })).toMatchObject(bruteForce(banded, ["age"]));
        expect(anonymityOf(rows, ["age"], { age: 10 }).k).toBeGreaterThanOrEqual(anonymityOf(rows, ["age"]).k);
      }),
      { seed: 5 },
    );
  });

  it("reports on the columns that are there, and on nothing", () => {
    expect(anonymityOf([{ a: "1" }, { a: "1" }], ["a", "b"])).toEqual({ k: 2, unique: 0, columns: ["a"] });
    expect(anonymityOf([{ a: "1" }, { a: "2" }], [])).toEqual({ k: 2, unique: 0, columns: [] });
    expect(anonymityOf([], ["a"])).toEqual({ k: 0, unique: 0, columns: [] });
  });
});

describe("toBand", () => {
  it("names the half-open band of a number and leaves texts alone", () => {
    expect(["30", "39.9", "40", "-1", "unknown", ""].map((text) => toBand(text, 10))).toEqual([
      "[30, 40)",
      "[30, 40)",
      "[40, 50)",
      "[-10, 0)",
      "unknown",
      "",
    ]);
  });

  it("bands the quasi-identifiers that the task reads as numbers, and no others", () => {
    expect(bandsOf(task)).toEqual({ age: 10 });
  });
});

describe("dropIdentifiers", () => {
  it("keeps what the task names, and drops identifiers even if they are named elsewhere too", () => {
    const row = { name: "Ada", postcode: "1", age: "36", weight: "60", town: "London", sex: "F", y: "1", shoe: "38" };
    expect(dropIdentifiers([row], task)).toEqual({
      records: [{ age: "36", weight: "60", town: "London", sex: "F", y: "1" }],
      dropped: ["name", "postcode", "shoe"],
    });
    expect(dropIdentifiers([], task)).toEqual({ records: [], dropped: [] });
  });
});
