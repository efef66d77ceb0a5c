/** What a tab loads before it computes, from the pages as they are built. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";

const assets = join(import.meta.dirname, "../dist/client/assets");

/** A built script and all that it imports, but for what it loads when it is needed. */
function withImports(name: string, found = new Set<string>()): Set<string> {
  const [script, ...others] = readdirSync(assets).filter((file) => file === name || file.startsWith(`${name}-`));
  expect(others).toEqual([]);
  if (found.has(script!)) return found;
  found.add(script!);
  const text = readFileSync(`${assets}/${script}`, "utf8");
  for (const [, imported] of text.matchAll(/(?:\bfrom|\bimport)\s*["`']\.\/([\w-]+\.js)["`']/g))
    withImports(imported!, found);
  return found;
}

const gzip = (scripts: Set<string>): number =>
  [...scripts].reduce((sum, script) => sum + gzipSync(readFileSync(`${assets}/${script}`)).length, 0);

test("a visitor loads a worker of at most 100 kB, and with the engine, after consent, of at most 132 kB", () => {
  const start = withImports("worker");
  const withEngine = withImports("answerer", new Set(start));
  expect(withEngine.size).toBeGreaterThan(start.size);
  expect(gzip(start)).toBeLessThan(100_000);
  expect(gzip(withEngine)).toBeLessThan(132_000);
});
