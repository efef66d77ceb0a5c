import { describe, expect, it } from "vitest";
import { parseCsv } from "./read.ts";

describe("parseCsv", () => {
  it.each([";", ",", "\t", "|"])("guesses the delimiter %j", (d) => {
    const { records, columns } = parseCsv(`a${d}b\r\n"1"${d}x\r\n2${d}"y${d}z"\r\n`);
    expect(columns).toEqual(["a", "b"]);
    expect(records).toEqual([
      { a: "1", b: "x" },
      { a: "2", b: `y${d}z` },
    ]);
  });

  it("ignores a byte order mark, empty lines and blanks around names", () => {
    expect(parseCsv("\ufeff a , b \n\n1,2\n  \n").records).toEqual([{ a: "1", b: "2" }]);
  });

  it("keeps line breaks and doubled quotation marks within quotes", () => {
    expect(parseCsv('a,b\n"one\ntwo","say ""yes"""\n').records).toEqual([{ a: "one\ntwo", b: 'say "yes"' }]);
  });

  it("reads a single column", () => {
    expect(parseCsv("a\n1\n2\n").records).toEqual([{ a: "1" }, { a: "2" }]);
  });

  it("leaves rows of another length out and keeps the count of rows", () => {
    const { records, ragged, rowOf } = parseCsv("a,b\n1\n2,3\n4,5,6\n7,8\n");
    expect(records).toEqual([
      { a: "2", b: "3" },
      { a: "7", b: "8" },
    ]);
    expect(ragged).toEqual([1, 3]);
    expect(rowOf).toEqual([2, 4]);
  });

  it("says what is wrong with a file that holds nothing to learn from", () => {
    expect(() => parseCsv("")).toThrow("file: has no header. Put the names of the columns into its first line.");
    expect(() => parseCsv("a,b\n")).toThrow("file: holds no rows as long as its header");
    expect(() => parseCsv("a,b\n1\n")).toThrow("file: holds no rows as long as its header");
    expect(() => parseCsv('a,b\n1,2\n"3,4\n5,6\n')).toThrow(
      "file: has a quotation mark that is not closed, or not followed by a delimiter, near row 2. Correct the row; inside quotes a quotation mark is written twice.",
    );
  });
});

it("goes by the header's delimiter, whatever stands in the texts", () => {
  const text = 'label,text\nspam,"WIN; now; and | again; call 1;2;3"\nham,a;b;c;d\nham,"x, y"\n';
  expect(parseCsv(text).records).toEqual([
    { label: "spam", text: "WIN; now; and | again; call 1;2;3" },
    { label: "ham", text: "a;b;c;d" },
    { label: "ham", text: "x, y" },
  ]);
  expect(parseCsv('"a;b";c\n1;2\n').columns).toEqual(["a;b", "c"]);
  expect(parseCsv("\n\na\tb\n1\t2\n").records).toEqual([{ a: "1", b: "2" }]);
});
