import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { expect, it } from "vitest";
import { readTaskFile } from "../task-file.ts";
import { entitiesOf, tagsOf } from "../text/tags.ts";
import { entityCounts, evaluateLayout } from "./evaluate.ts";
import { segment } from "./layout.ts";

const task = readTaskFile(readFileSync(join(import.meta.dirname, "../../tasks/names.yaml"), "utf8"), "names.yaml");
const layout = evaluateLayout(task);
const sentence = fc
  .array(fc.constantFrom(...tagsOf(["PER", "LOC", "ORG"])), { minLength: 1, maxLength: 40 })
  .map((tags) => entitiesOf(tags));

it("no text moves the counts further than its bound, however many names stand in it or are found", () => {
  const norm = (counts: Float64Array, name: string) => {
    const { offset, length } = segment(layout, name);
    return Math.hypot(...counts.subarray(offset, offset + length));
  };
  fc.assert(
    fc.property(sentence, sentence, fc.boolean(), (gold, found, right) => {
      const counts = entityCounts(task, layout, [gold], [found], [right]);
      for (const name of ["entities", "right"])
        expect(norm(counts, name)).toBeLessThanOrEqual(segment(layout, name).bound + 1e-12);
    }),
    { seed: 17, numRuns: 500 },
  );
  // The bound is met: as many names of one type as count, all of them found.
  const all = entitiesOf(Array.from({ length: 9 }, () => "B-PER"));
  expect(norm(entityCounts(task, layout, [all], [all], [true]), "entities")).toBe(segment(layout, "entities").bound);
});
