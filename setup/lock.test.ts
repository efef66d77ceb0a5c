import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "murmur-lock-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A process that writes `+` when it gets the lock and `-` just before it gives it up. */
function worker(lock: string, journal: string): Promise<number | null> {
  const script = `
    import { appendFileSync } from "node:fs";
    import { withLock } from ${JSON.stringify(new URL("./lock.mjs", import.meta.url).href)};
    await withLock(${JSON.stringify(lock)}, async () => {
      appendFileSync(${JSON.stringify(journal)}, "+");
      await new Promise((resolve) => setTimeout(resolve, 30));
      appendFileSync(${JSON.stringify(journal)}, "-");
    });`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", script], { stdio: "ignore" });
  return new Promise((resolve) => child.on("close", resolve));
}

test.each([
  ["no lock", undefined],
  ["the lock of a dead process", "dead"],
])("of several processes that meet %s, one works at a time and all get their turn", async (_, left) => {
  const lock = join(folder, "lock");
  const journal = join(folder, "journal");
  if (left) writeFileSync(lock, String(spawnSync(process.execPath, ["-e", ""]).pid));
  const codes = await Promise.all(Array.from({ length: 5 }, () => worker(lock, journal)));
  expect(codes).toEqual([0, 0, 0, 0, 0]);
  expect(readFileSync(journal, "utf8")).toBe("+-".repeat(5));
  expect(existsSync(lock)).toBe(false);
});
