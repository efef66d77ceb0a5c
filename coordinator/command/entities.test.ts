import { expect, it } from "vitest";
import { entitiesOfFile } from "./entities.ts";

const file = (lines: string[]) => `${lines.join("\n")}\n`;

it("tags count as they stand: what begins with I- is a name, but not strictly", () => {
  const text = file(["Ann\tB-PER\tB-PER", "Lee\tI-PER\tI-PER", "", "Rome\tB-LOC\tI-LOC"]);
  expect(entitiesOfFile(text, false).entities.micro).toEqual({ precision: 1, recall: 1, f1: 1, support: 2 });
  expect(entitiesOfFile(text, true).entities.micro).toMatchObject({ precision: 1, recall: 0.5, support: 2 });
  expect(entitiesOfFile(text, false).words.micro.f1).toBeCloseTo(2 / 3, 12);
});

it.each([
  ["holds no tagged word", ["", "-DOCSTART- O O"]],
  ["has no two tags at the end of line 2", ["Ann O O", "Lee B-PER"]],
])("a file that %s is refused", (problem, lines) => {
  expect(() => entitiesOfFile(file(lines), false)).toThrow(`FILE: ${problem}. Let each line`);
});
