/** The list of sabotages is whole, and still fits the code; `npm run mutations` does what it says. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { all, count, verdict } from "./mutations.mjs";

const read = (file: string) => readFileSync(join(import.meta.dirname, "..", file), "utf8");

test("each of the thirty attacks has a sabotage", () => {
  expect([...new Set(all.map(({ attack }) => attack))]).toEqual(Array.from({ length: 30 }, (_, i) => i + 1));
});

test.each(all)("$attack: $sabotage: file, text and test are there, each once", (one) => {
  const { attack, file, text, instead, test, name } = one;
  expect(instead).not.toBe(text);
  expect(count(read(file), text)).toBe(1);
  expect(count(read(test), name)).toBe(1);
  // A test that is named for another attack proves nothing of this one.
  expect(name).toMatch(new RegExp(`\\[${attack}\\]|^8\\.${attack} `));
});

const report = (...assertionResults: { status: string; failureMessages?: string[] }[]) => ({
  testResults: [{ assertionResults: assertionResults.map((test) => ({ fullName: "a b [1] c 7 d", ...test })) }],
});
test("only an assertion of the test itself is a proof", () => {
  const failed = (message: string) => ({ status: "failed", failureMessages: [message] });
  const [passed, name] = [{ status: "passed" }, "[1] c %i d"];
  const assertion = failed("AssertionError: expected 1 to be 2\n at x");
  expect(verdict(report(assertion), name)).toEqual({ colour: "red" });
  expect(verdict(report(passed, assertion), name)).toEqual({ colour: "red" });
  expect(verdict(report(failed('Error: promise resolved "{}" instead of rejecting')), name)).toEqual({ colour: "red" });
  expect(verdict(report(passed), name)).toEqual({ colour: "green" });
  expect(verdict(report(passed, failed("TypeError: x\n at y")), name)).toEqual({
    colour: "no proof",
    why: "TypeError: x",
  });
  expect(verdict(report(assertion), "[1] another")).toEqual({ colour: "no proof", why: "the test was not run" });
  expect(verdict(report({ status: "skipped" }), name)).toEqual({ colour: "no proof", why: "the test was not run" });
  const broken = { testResults: [{ assertionResults: [], message: "SyntaxError: y\nz" }] };
  expect(verdict(broken, name)).toEqual({ colour: "no proof", why: "SyntaxError: y" });
});
