/**
 * Two processes that are one coordinator, on real PostgreSQL and Redis servers: the same round, clients spread over both, the
 * sum right to the bit; and whichever of them is killed in whichever phase, nothing is lost or counted twice.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { allFaults } from "../coordinator/load/faults.ts";
import { hasRedis, type RedisServer, startRedis } from "../coordinator/peers/testing/redis-server.ts";
import { type PostgresServer, postgresBinaries, startPostgres } from "../coordinator/store/testing/postgres-server.ts";
import { buildLoad } from "./built.ts";

describe.skipIf(!postgresBinaries || !hasRedis)("two processes on PostgreSQL and Redis", () => {
  const folder = mkdtempSync(join(tmpdir(), "murmur-several-"));
  let postgres: PostgresServer;
  let redis: RedisServer;
  let load: Awaited<ReturnType<typeof buildLoad>>;
  beforeAll(async () => {
    [postgres, redis, load] = await Promise.all([startPostgres(), startRedis(), buildLoad(folder)]);
  });
  afterAll(async () => {
    await Promise.all([postgres?.stop(), redis?.stop()]);
    rmSync(folder, { recursive: true, force: true });
  });

  const shape = { clients: 14, dimension: 2000, dropout: 0 };
  const several = async (count = 2) => ({ count, databaseUrl: await postgres.newDatabase(), redisUrl: redis.url });
  const onProgress = process.env.MURMUR_TEST_TALK ? console.error : () => {};

  test("carry the same rounds, and the sums are those of the vectors, to the bit", async () => {
    const result = await load({ shape, rounds: 1, seed: 1, faults: [], several: await several(), onProgress });
    expect(result.violations).toEqual([]);
    expect(result).toMatchObject({ completed: true, acknowledged: 42, lost: 0, unsure: 0, out: {} });
    // Both had members.
    for (const taken of result.taken!) expect(taken).toBeGreaterThanOrEqual(7);
  });

  test("of three, leader or follower is killed in each phase: the run goes on to its end", async () => {
    const kills = ["ready", "shares", "masked", "unmask"].flatMap((phase) =>
      (["follower", "leader"] as const).map((who) => ({ question: "train", phase, who })),
    );
    const few = { ...shape, clients: 10 };
    // Far more rounds than it takes.
    const settings = { shape: few, rounds: 60, seed: 1, faults: [], kills, several: await several(3), onProgress };
    const result = await load(settings);
    expect(result.violations).toEqual([]);
    expect(result).toMatchObject({ lost: 0, faults: { kill: kills.length }, state: "stopped" });
  });

  // One kill a run: both questions are asked once, and who comes back may come back late.
  test.each([
    ["leader", "profile", "ready"],
    ["follower", "profile", "ready"],
    ["leader", "evaluate", "ready"],
    ["follower", "evaluate", "masked"],
  ] as const)("the %s is killed in %s at %s: the run goes on to its end", async (who, question, phase) => {
    const kills = [{ question, phase, who }];
    const few = { ...shape, clients: 10 };
    const settings = { shape: few, rounds: 1, seed: 1, faults: [], kills, several: await several(), onProgress };
    const result = await load(settings);
    expect(result.violations).toEqual([]);
    expect(result).toMatchObject({ lost: 0, faults: { kill: 1 } });
    expect(["stopped", "finished"]).toContain(result.state);
  });

  test("clocks are hours apart, and one process after the other is cut off from database, Redis or both: nothing is lost", async () => {
    const faults = ["partition", "skew"] as const;
    const result = await load({ shape, rounds: 3, seed: 4, faults, several: await several(), onProgress });
    expect([result.violations, result.lost]).toEqual([[], 0]);
    expect(["finished", "failed"]).toContain(result.state);
    expect(result.faults.partition).toBeGreaterThan(0);
    expect(result.acknowledged).toBeGreaterThan(0);
  });

  test("with every fault, from seed 1, nothing is lost, charged twice or decoded twice", async () => {
    const result = await load({ shape, rounds: 3, seed: 1, faults: allFaults, several: await several(), onProgress });
    expect([result.violations, result.lost]).toEqual([[], 0]);
    expect(["finished", "failed"]).toContain(result.state);
    expect(result.acknowledged).toBeGreaterThan(0);
  });

  test("Redis breaks its connections again and again, and forgets everything: nothing is lost, no process ends", async () => {
    let times = 0;
    const trouble = setInterval(() => void (++times % 8 === 0 ? redis.forget() : redis.breakConnections()), 700);
    try {
      const result = await load({ shape, rounds: 1, seed: 1, faults: ["pause"], several: await several(), onProgress });
      expect([result.violations, result.lost]).toEqual([[], 0]);
      expect(["finished", "failed"]).toContain(result.state);
    } finally {
      clearInterval(trouble);
    }
  });
});
