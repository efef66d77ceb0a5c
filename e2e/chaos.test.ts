/**
 * `murmur load` with everything that can go wrong, from fixed seeds: what was acknowledged is in the sums, the ledger is one
 * line of history, and no attempt is charged or decoded twice. Then the same with a coordinator that miscounts, to see it caught.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { allFaults } from "../coordinator/load/faults.ts";
import { buildLoad } from "./built.ts";

const folder = mkdtempSync(join(tmpdir(), "murmur-chaos-"));
let load: Awaited<ReturnType<typeof buildLoad>>;

beforeAll(async () => {
  load = await buildLoad(folder);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const shape = { clients: 14, dimension: 2000, dropout: 0 };
const quiet = () => {};

test("without faults every vector that was acknowledged is in its sum", async () => {
  const result = await load({ shape, rounds: 1, seed: 1, faults: [], onProgress: quiet });
  expect(result.violations).toEqual([]);
  expect(result).toMatchObject({ completed: true, acknowledged: 42, lost: 0, out: {} });
  expect(result.serverCpuSeconds).toBeGreaterThan(0);
});

test.each([1, 2])("with every fault, from seed %i, nothing is lost, charged twice or decoded twice", async (seed) => {
  const result = await load({ shape, rounds: 4, seed, faults: allFaults, onProgress: quiet });
  expect([seed, result.violations, result.lost]).toEqual([seed, [], 0]);
  expect(["finished", "failed"]).toContain(result.state);
  expect(Object.values(result.faults).reduce((sum, count) => sum + count, 0)).toBeGreaterThan(3);
  expect(result.acknowledged).toBeGreaterThan(0);
});

test("a storm of frames and requests that are nearly right ends nothing, and leaves nothing behind", async () => {
  const result = await load({ shape, rounds: 200, seed: 1, faults: [], storm: 6_000, onProgress: quiet });
  expect(result.violations).toEqual([]);
  expect(result).toMatchObject({ completed: true, lost: 0, state: "stopped" });
  const { sent, answers } = result.storm!;
  expect(sent["frame: message"]).toBeGreaterThan(1_000);
  for (const answer of ["200", "400", "401", "404", "socket there"]) expect(answers[answer], answer).toBeGreaterThan(0);
});

test("a coordinator whose sum is not that of its vectors is found out", async () => {
  const file = join(folder, "built/shared/round/3-masked.js");
  const right = readFileSync(file, "utf8");
  const wrong = right.replace("state.received.add(upload.from);", "$& state.sum[0] = (state.sum[0] + 1) >>> 0;");
  expect(wrong).not.toBe(right);
  writeFileSync(file, wrong);
  try {
    const result = await load({ shape, rounds: 1, seed: 1, faults: [], onProgress: quiet });
    expect(result.completed).toBe(false);
    expect(result.violations).toContain("round 2/1 is not the sum of its vectors");
  } finally {
    writeFileSync(file, right);
  }
});
