import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { importProblems, textProblems } from "./check-structure.mjs";

let house = "";
afterEach(() => rmSync(house, { recursive: true, force: true }));

function build(files: Record<string, string>): string {
  house = mkdtempSync(join(tmpdir(), "murmur-house-"));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(house, dirname(path)), { recursive: true });
    writeFileSync(join(house, path), text);
  }
  return house;
}

const stages =
  "export const e = (x: unknown) => x as Encoded, n = (x: unknown) => x as Noised, m = (x: unknown) => x as Masked;\n";

test.each([
  ["shared-stands-alone", "shared/a.ts", 'import "../kernels/b.ts";'],
  ["shared-is-pure", "shared/a.ts", 'import "node:fs";'],
  ["kernels-see-shared-only", "kernels/a.ts", 'import "../client/b.ts";'],
  ["client-sees-kernels-and-shared-only", "client/a.tsx", 'import type { b } from "../coordinator/b.ts";'],
  ["coordinator-sees-shared-only", "coordinator/a.ts", 'export const f = () => import("../kernels/b.ts");'],
  ["nobody-imports-the-door-or-e2e", "client/a.ts", 'import "../murmur.ts";'],
  ["nobody-imports-the-door-or-e2e", "demo/a.ts", 'import "../e2e/b.ts";'],
  ["only-the-door-opens-the-demo", "coordinator/a.ts", 'import "../demo/b.ts";'],
  ["only-simulations-see-a-seeded-generator", "client/a.ts", 'import "../shared/privacy/testing/b.ts";'],
  ["only-commands-open-simulations", "coordinator/a.ts", 'import "./lab/b.ts";'],
  ["resolvable", "shared/a.ts", 'import "./nowhere.ts";'],
])("the check sees %s broken by %s", async (rule, path, text) => {
  const b = "export const b = 1;\n";
  const base = build({
    "shared/b.ts": b,
    "shared/privacy/testing/b.ts": b,
    "coordinator/lab/b.ts": b,
    "kernels/b.ts": b,
    "client/b.ts": b,
    "coordinator/b.ts": b,
    "demo/b.ts": b,
    "e2e/b.ts": b,
    "murmur.ts": b,
    [path]: text,
  });
  expect(await importProblems(base, { expectAll: false })).toContainEqual(expect.stringMatching(`^${rule}: ${path}`));
});

test("the check sees circles, also those of types", async () => {
  const base = build({
    "shared/a.ts": 'import type { B } from "./b.ts";\nexport type A = B;\n',
    "shared/b.ts": 'import type { A } from "./a.ts";\nexport type B = A | 1;\n',
  });
  expect((await importProblems(base, { expectAll: false })).join()).toContain("no-circles");
});

test("a house of nothing is not a clean house", async () => {
  const base = build({ "shared/a.ts": "export const a = 1;\n" });
  const problems = await importProblems(base, { expectAll: true });
  expect(problems.join()).toContain("the check itself is blind");
  expect(problems).toContain("no module of kernels/ was seen");
});

test("imports that run the right way pass, with types, dynamic imports and WGSL as text", async () => {
  const base = build({
    "shared/b.ts": "export interface B { x: number }\n",
    "kernels/k.wgsl": "fn f() {}\n",
    "kernels/k.ts":
      'import type { B } from "../shared/b.ts";\nimport k from "./k.wgsl?raw";\nexport const b: B = { x: k.length };\n',
    "client/c.ts": 'import { b } from "../kernels/k.ts";\nexport const c = b;\n',
    "murmur.ts": 'await import("./coordinator/d.ts");\n',
    "coordinator/d.ts": 'export type { B } from "../shared/b.ts";\n',
  });
  expect(await importProblems(base, { expectAll: false })).toEqual([]);
});

test.each([
  ["Math.random", { "shared/a.ts": "export const r = () => Math.random();\n" }],
  ["a RandomSource of its own seed", { "shared/privacy/a.ts": "export const r = new RandomSource(seeded(7));\n" }],
  ["a float made of random words", { "shared/privacy/a.ts": "export const u = random.u32() / 2 ** 32;\n" }],
  ["`as Masked` must stand in exactly one file", { "client/a.ts": "export const f = (x: unknown) => x as Masked;\n" }],
  ["no barrels", { "shared/index.ts": "export const a = 1;\n" }],
  ["at most 120", { "kernels/a.wgsl": `// ${"x".repeat(120)}\n` }],
  ["trailing space", { "kernels/a.wgsl": "fn f() {} \n" }],
  ["`resolved` addresses", { "package-lock.json": '{ "resolved": "https://example.org" }' }],
])("8.25 the text check sees %s", (message, files) => {
  expect(textProblems(build({ "shared/stages.ts": stages })).length).toBe(0);
  rmSync(house, { recursive: true });
  expect(textProblems(build({ "shared/stages.ts": stages, ...files })).join("\n")).toContain(message);
});
