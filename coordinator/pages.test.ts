import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type PageFiles, pagesAt, pagesHash, pagesIn } from "./pages.ts";

const folder = mkdtempSync(join(tmpdir(), "murmur-pages-"));
mkdirSync(join(folder, "assets"));
for (const [path, text] of [
  ["index.html", "<p>hello</p>"],
  ["assets/a.js", "export const a = 1;"],
  ["sw.js", "self;"],
] as const)
  writeFileSync(join(folder, path), text);

let server: Server;
let url: string;
let files: PageFiles;
const served = new Map<string, string>();
beforeAll(async () => {
  files = await pagesIn(folder);
  server = createServer((request, response) => {
    const text = served.get(request.url!);
    response.writeHead(text === undefined ? 404 : 200).end(text);
  }).listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.close();
  rmSync(folder, { recursive: true });
});

test("one hash for a folder: of every file's path and bytes, in one order", async () => {
  expect(files.map(({ path }) => path)).toEqual(["assets/a.js", "index.html", "sw.js"]);
  expect(await pagesHash(await pagesIn(folder))).toBe(await pagesHash(files));
  const moved = files.map((file) => (file.path === "sw.js" ? { ...file, path: "ws.js" } : file));
  expect(await pagesHash(moved)).not.toBe(await pagesHash(files));
});

test("what a coordinator serves is hashed, not what it says of itself", async () => {
  served.set("/pages.json", JSON.stringify(files));
  served.set("/index.html", "<p>hello</p>").set("/assets/a.js", "export const a = 1;").set("/sw.js", "self;");
  expect(await pagesAt(url)).toEqual(files);
  served.set("/assets/a.js", "export const a = 2;");
  const found = await pagesAt(url);
  expect(found.filter(({ sha256 }, i) => sha256 !== files[i]!.sha256).map(({ path }) => path)).toEqual(["assets/a.js"]);
  served.set("/pages.json", "[1]");
  await expect(pagesAt(url)).rejects.toThrow("names no pages");
});
