import { describe, expect, it } from "vitest";
import { readRows } from "../data/rows.ts";
import { layoutOf } from "../questions/question.ts";
import { checkTask } from "../task-rules.ts";
import { cellsOf, cellsPerRow, undisclosed } from "./histogram.ts";
import { fairTask } from "./testing/histograms.ts";

const plain = fairTask();
const crossed = fairTask({}, { data: { ...plain.data, intersections: [["g", "h"]] } });
const record = (g: string, h: string) => ({ y: "1", g, h, f0: "0", f1: "0", f2: "0", f3: "0", f4: "0", f5: "0" });

describe("crossed attributes", () => {
  it("have a cell for each pair of groups, behind the attributes themselves", () => {
    expect(cellsOf(crossed).slice(0, 5)).toEqual(cellsOf(plain));
    expect(cellsOf(crossed).slice(5)).toEqual(
      ["A & x", "A & y", "A & z", "B & x", "B & y", "B & z"].map((group) => ({ attribute: "g & h", group })),
    );
    expect(cellsPerRow(crossed)).toBe(3);
  });

  it("put a row in its pair's cell, and in none when one of the two is not disclosed", () => {
    const { rows } = readRows([record("A", "z"), record("B", "x"), record("?", "y")], crossed);
    expect([...rows.cells]).toEqual([0, 4, 7, 1, 2, 8, undisclosed, 3, undisclosed]);
  });

  it("widen what one row can add to the counts, so the noise is planned for three cells a row", () => {
    const histogram = (task: typeof plain) =>
      layoutOf("evaluate", task).segments.find((segment) => segment.name === "histogram")!.bound;
    expect(histogram(plain)).toBeCloseTo(Math.sqrt(2), 12);
    expect(histogram(crossed)).toBeCloseTo(Math.sqrt(3), 12);
  });

  it("are checked like any name in a task", () => {
    const problems = (data: object, fairness: object = {}) => {
      const checked = checkTask({
        ...plain,
        data: { ...plain.data, ...data },
        fairness: { ...plain.fairness, ...fairness },
      });
      return "problems" in checked ? checked.problems.map((p) => `${p.path.join(".")} ${p.problem}`) : [];
    };
    expect(problems({ intersections: [["g", "k"]] })[0]).toMatch(/^data\.intersections\.0\.1 «k» is not among/);
    expect(problems({ intersections: [["g", "g"]] })[0]).toMatch(/^data\.intersections\.0 names an attribute twice/);
    expect(problems({ intersections: [["g", "h"]] }, { attribute: "g & h", groups: ["A & x", "B & z"] })).toEqual([]);
    expect(problems({}, { thresholds: "equal-opportunity" })).toEqual([]);
    const ecoa = checkTask({
      ...plain,
      regimes: ["ecoa"],
      fairness: { ...plain.fairness, thresholds: "equal-opportunity" },
    });
    expect("problems" in ecoa && ecoa.problems[0]!.problem).toMatch(/disparate treatment/);
  });

  it("leave a task that names none as it was: old files keep their hash", () => {
    expect(Object.keys(plain.data)).not.toContain("intersections");
    expect(Object.keys(plain.fairness)).not.toContain("also");
    expect(Object.keys(plain)).not.toContain("regimes");
  });
});
