import { describe, expect, it } from "vitest";
import { InputError } from "../../shared/errors.ts";
import reference from "./fixtures/fairness-reference.json" with { type: "json" };
import { referenceCsv } from "./fixtures/reference-csv.ts";
import { metricsOfCsv } from "./metrics.ts";

/** Every number of `expected`, wherever it lies, within 1e-9. */
function expectNear(actual: unknown, expected: unknown, path: string): void {
  if (typeof expected === "number") {
    expect(actual, path).toBeTypeOf("number");
    expect(Math.abs((actual as number) - expected), path).toBeLessThan(1e-9);
    return;
  }
  for (const [key, value] of Object.entries(expected as object)) {
    expectNear((actual as Record<string, unknown>)[key], value, `${path}.${key}`);
  }
}

describe("metricsOfCsv", () => {
  it.each(reference.cases)(
    `agrees with ${reference.made_with}: $rows rows, $group, > $threshold, weighted $weighted`,
    (c) => {
      const metrics = metricsOfCsv(referenceCsv(c.seed, c.rows), {
        label: "outcome",
        score: "score",
        group: c.group,
        threshold: c.threshold,
        favourable: "yes",
        ...(c.weighted && { weight: "weight" }),
        ...("privileged" in c && { privileged: c.privileged }),
      });
      expect(Object.keys(metrics.byGroup)).toEqual(Object.keys(c.expect.byGroup).sort());
      expectNear(metrics, c.expect, "");
    },
  );

  it("gives each of several columns on its own beside the intersections", () => {
    const options = { label: "outcome", score: "score", favourable: "yes" };
    const both = metricsOfCsv(referenceCsv(), { ...options, group: ["sex", "age"] });
    const { rows: _, individual: __, ...bySex } = metricsOfCsv(referenceCsv(), { ...options, group: ["sex"] });
    expect(both.byColumn?.sex).toEqual(bySex);
    expect(Object.keys(both.byGroup)).toHaveLength(6);
  });

  it("reads decisions, counts an empty group cell overall only, and forgives a BOM, CRLF and a last empty line", () => {
    const metrics = metricsOfCsv('\uFEFFy,p,"a, b"\r\n1,1,x\r\n0, 0 ,y\r\n1,0,\r\n', {
      label: "y",
      prediction: "p",
      group: ["a, b"],
    });
    expect(metrics).toMatchObject({ rows: 3, undisclosed: 1, demographicParityDifference: 1, aucGap: null });
    expect(metrics.overall.count).toBe(3);
  });

  it("without a group tells the overall figures, and no gap", () => {
    const metrics = metricsOfCsv("y,p\n1,1\n0,1\n", { label: "y", prediction: "p" });
    expect(metrics).toMatchObject({ byGroup: {}, demographicParityDifference: null, overall: { accuracy: 0.5 } });
  });
});

describe("bad input names the flag, the column and the row", () => {
  const csv = "y,s,g,w\nyes,0.7,a,1\nno,0.2,b,1\nmaybe,high,b,-1\n";
  const base = { label: "y", score: "s", group: ["g"], favourable: "yes" };
  it.each([
    ["--score: is missing", "y,p\n1,1\n", { label: "y" }],
    ["--label: «z» is not a column of the file. Use one of y, s, g, w", csv, { ...base, label: "z" }],
    ["--group: «sex» is not a column", csv, { ...base, group: ["sex"] }],
    ["--label: column «y», row 4 holds «maybe»", csv, base],
    ["--label: column «y», row 2 holds «yes». Use 0 and 1, or", csv, { label: "y", score: "s" }],
    ["--favourable: «good» is in no row", "y,s\nyes,1\nyes,0\n", { label: "y", score: "s", favourable: "good" }],
    ["--score: column «s», row 3 holds «high»", "y,s\n1,1\n0,high\n", { label: "y", score: "s" }],
    ["--score: column «s», row 2 holds «»", "y,s\n1,\n", { label: "y", score: "s" }],
    ["--weight: column «w», row 3 holds «-1»", "y,s,w\n1,1,1\n0,0,-1\n", { label: "y", score: "s", weight: "w" }],
    ["FILE: row 3 has 1 cells, the header 2", "y,s\n1,1\n0\n", { label: "y", score: "s" }],
    ["FILE: has no rows", "y,s\n", { label: "y", score: "s" }],
    ["FILE: has no rows", "", { label: "y", score: "s" }],
    ["FILE: row", 'y,s\n1,"2\n', { label: "y", score: "s" }],
    [
      "--privileged: «c» is no group of the file. Use one of a, b",
      "y,s,g\n1,1,a\n0,0,b\n",
      { ...base, favourable: undefined, privileged: "c" },
    ],
    ["--label: «y» is the name of two columns", "y,y,s\n1,0,1\n", { label: "y", score: "s" }],
  ])("%s", (message, text, options) => {
    const attempt = () => metricsOfCsv(text, options);
    expect(attempt).toThrow(InputError);
    expect(attempt).toThrow(message);
  });
});
