import { expect, test } from "vitest";
import { entryBytes, type LedgerEntry, parseEntry } from "./entries.ts";
import { goodHistory } from "./testing.ts";

const textOf = (entry: LedgerEntry) => new TextDecoder().decode(entryBytes(entry));

test("each entry reads back from its canonical bytes", async () => {
  for (const entry of await goodHistory()) expect(parseEntry(textOf(entry))).toEqual(entry);
});

test("no entry takes a field that the schema does not know, at any depth", async () => {
  for (const entry of await goodHistory()) {
    const spread = (change: object) => ({ ...entry, ...change }) as LedgerEntry;
    expect(() => entryBytes(spread({ participant: "alice" }))).toThrow();
    for (const [key, value] of Object.entries(entry)) {
      // A task is JSON of its own and hashed as a whole; a map's keys are its content.
      if (key === "task" || typeof value !== "object" || Array.isArray(value)) continue;
      expect(() => entryBytes(spread({ [key]: { ...value, participant: "alice" } }))).toThrow();
    }
    const { kind: _, ...kindless } = entry;
    expect(() => entryBytes(kindless as LedgerEntry)).toThrow();
  }
});

test("only the one canonical spelling of an entry is read", async () => {
  for (const entry of await goodHistory()) {
    const text = textOf(entry);
    const reversed = Object.fromEntries(Object.entries(JSON.parse(text) as object).reverse());
    for (const spelling of [
      `${text} `,
      ` ${text}`,
      `${text}\n`,
      `\ufeff${text}`,
      text.replace(":", ": "),
      text.replace("kind", "k\\u0069nd"),
      JSON.stringify(reversed),
      text.replace('"kind"', '"kind":"x","kind"'),
    ]) {
      expect(parseEntry(spelling), spelling).toBeUndefined();
    }
  }
});

test("what is no entry at all is undefined, without throwing", () => {
  for (const text of ["", "null", "[]", "{}", '{"kind":"unknown"}', "{", '"\ud800"'])
    expect(parseEntry(text)).toBeUndefined();
});

test("an entry has at most 65,535 bytes", async () => {
  const [first] = await goodHistory();
  const withTask = (length: number) => ({ ...first, task: "x".repeat(length) }) as LedgerEntry;
  const overhead = entryBytes(withTask(0)).length;
  expect(entryBytes(withTask(65_535 - overhead)).length).toBe(65_535);
  expect(() => entryBytes(withTask(65_536 - overhead))).toThrow(RangeError);
});
