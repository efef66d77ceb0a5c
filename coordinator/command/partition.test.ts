import fc from "fast-check";
import { expect, it } from "vitest";
import { splitByColumn, splitEvenly } from "./partition.ts";

const records = fc.array(fc.record({ job: fc.constantFrom("a", "b", " a", "c"), id: fc.uuid() }), { minLength: 1 });

it("splits by column without losing or mixing rows", () => {
  fc.assert(
    fc.property(records, (rows) => {
      const parts = splitByColumn(rows, "job");
      for (const [value, part] of parts) expect(part).toEqual(rows.filter((row) => row.job.trim() === value));
      expect([...parts.values()].flat()).toHaveLength(rows.length);
    }),
    { seed: 6 },
  );
  expect(() => splitByColumn([{ job: "a" }], "town")).toThrow("column: «town» is not in the file. Use one of job.");
});

it("deals rows evenly", () => {
  fc.assert(
    fc.property(records, fc.nat(), (rows, seed) => {
      const n = 1 + (seed % rows.length);
      const parts = splitEvenly(rows, n);
      const sizes = parts.map((part) => part.length);
      expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
      expect(
        parts
          .flat()
          .map((row) => row.id)
          .sort(),
      ).toEqual(rows.map((row) => row.id).sort());
    }),
    { seed: 7 },
  );
  expect(() => splitEvenly([{ a: "1" }], 2)).toThrow("participants: is 2 for 1 rows. Use a whole number from 1 to 1.");
});
