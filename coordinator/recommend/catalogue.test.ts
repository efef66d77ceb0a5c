import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { parse } from "yaml";
import { seededRandom } from "../../shared/privacy/testing/seeded.ts";
import { readCatalogue } from "../../shared/recommend/catalogue.ts";
import { safetensors } from "../export/safetensors.ts";
import { componentsOf, makeCatalogue, type ReadTexts } from "./catalogue.ts";

const folder = mkdtempSync(join(tmpdir(), "murmur-catalogue-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const wide = 6;
const lines = Array.from({ length: 40 }, (_, i) => `${i + 1},"Film, the ${i}th",Drama|War`);
const csv = ["movieId,title,genres", ...lines, ""].join("\n");
const columns = { id: "movieId", title: "title", text: ["title", "genres"] };

/** Vectors of which the first number varies most. */
const vectorsOf = (count: number) => {
  const random = seededRandom(3);
  return Float32Array.from(
    { length: count * wide },
    (_, i) => (random.below(2001) / 1000 - 1) * (wide - (i % wide)) + 2,
  );
};
const asked: string[] = [];
const read: ReadTexts = async (texts, _encoder, _room, onProgress) => {
  asked.push(...texts);
  onProgress(texts.length);
  return vectorsOf(texts.length);
};

it("is read back as it was made, by the hash and the size that the task says", async () => {
  const made = await makeCatalogue(csv, columns, 3, folder, read);
  expect(asked[1]).toBe("Film, the 1th. Drama, War");
  expect(basename(made.path)).toBe(`${made.sha256}.safetensors`);
  const { items } = parse(made.yaml) as { items: { sha256: string; count: number; width: number } };
  expect(items).toEqual({ sha256: made.sha256, count: 40, width: 3 });
  const bytes = new Uint8Array(readFileSync(made.path));
  const catalogue = readCatalogue(bytes, items);
  expect(catalogue.titles[7]).toBe("Film, the 7th");
  expect(catalogue.ids[catalogue.places.get("8")!]).toBe("8");
  const components = componentsOf(vectorsOf(40), 40, 3);
  catalogue.vectors.forEach((x, i) => {
    expect(Math.abs(x - components[i]!)).toBeLessThan(3e-3);
  });
  for (const size of [
    { ...items, count: 41 },
    { ...items, width: 2 },
  ])
    expect(() => readCatalogue(bytes, size)).toThrow("is not of");
  expect(() => readCatalogue(bytes.slice(0, 100), items)).toThrow();
});

it("has components of variance 1 that have nothing to do with each other, those that vary most first", () => {
  const [count, width] = [40, 3];
  const found = componentsOf(vectorsOf(count), count, width);
  for (let a = 0; a < width; a++)
    for (let b = 0; b < width; b++) {
      let [sum, mean] = [0, 0];
      for (let row = 0; row < count; row++) {
        sum += (found[row * width + a]! * found[row * width + b]!) / count;
        mean += found[row * width + a]! / count;
      }
      expect(mean).toBeCloseTo(0, 5);
      expect(sum).toBeCloseTo(a === b ? 1 : 0, 5);
    }
  // The first is nearly the first number, up to its sign.
  const first = Array.from({ length: count }, (_, row) => vectorsOf(count)[row * wide]!);
  const mean = first.reduce((x, y) => x + y) / count;
  const deviation = Math.sqrt(first.reduce((s, x) => s + (x - mean) ** 2, 0) / count);
  const likeness = first.reduce((s, x, row) => s + (((x - mean) / deviation) * found[row * width]!) / count, 0);
  expect(Math.abs(likeness)).toBeGreaterThan(0.6);
});

it.each([
  ["a column that is not there", csv, { ...columns, text: ["plot"] }, 3, "has no column plot"],
  ["an item named twice", `${csv}1,Again,Drama\n`, columns, 3, "names the item «1» twice"],
  ["fewer items than numbers", csv, columns, 40, "is 40 for 40 items"],
])("refuses %s", async (_, table, named, width, problem) => {
  await expect(makeCatalogue(table, named, width, folder, read)).rejects.toThrow(problem);
});

it("of other tensors or lists is no catalogue", () => {
  const tensor = { name: "items", shape: [2, 2], data: new Float32Array(4) };
  const size = { count: 2, width: 2 };
  const lists = { ids: '["a","b"]', titles: '["A","B"]' };
  expect(readCatalogue(safetensors([tensor], lists), size).ids).toEqual(["a", "b"]);
  expect(() => readCatalogue(safetensors([tensor], { ...lists, titles: "[]" }), size)).toThrow("has no titles");
  expect(() => readCatalogue(safetensors([tensor], { ...lists, ids: '["a"]' }), size)).toThrow("is not of 2 items");
  expect(() => readCatalogue(safetensors([tensor], { ...lists, ids: '["a","a"]' }), size)).toThrow("twice");
  expect(() => readCatalogue(safetensors([{ ...tensor, name: "x" }], lists), size)).toThrow("is not of 2 items");
});
