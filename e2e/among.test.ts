/**
 * A process that does not lead is a coordinator all the same: real tabs, a witness and a console at it, the API asked of it;
 * and when the leader ends, it leads.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { io } from "socket.io-client";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { type PeerServer, serveAmong } from "../coordinator/command/serve-among.ts";
import { hasRedis, type RedisServer, startRedis } from "../coordinator/peers/testing/redis-server.ts";
import { type PostgresServer, postgresBinaries, startPostgres } from "../coordinator/store/testing/postgres-server.ts";
import { Witness } from "../coordinator/witness/witness.ts";
import type { RunDetail } from "../shared/run-record.ts";
import { asTask } from "../shared/task-rules.ts";
import { joinWith } from "./node-tab.ts";
import { smallTask, zeros } from "./small-task.ts";

describe.skipIf(!postgresBinaries || !hasRedis)("a process that follows", () => {
  const folder = mkdtempSync(join(tmpdir(), "murmur-among-"));
  const servers: PeerServer[] = [];
  let postgres: PostgresServer;
  let redis: RedisServer;
  let database: string;
  const start = async (keys: string) => {
    const options = { port: 0, dataDir: join(folder, keys), postgres: { url: database }, redis: redis.url };
    const server = await serveAmong(options);
    servers.push(server);
    return server;
  };
  beforeAll(async () => {
    vi.stubEnv("MURMUR_LOG", "silent");
    [postgres, redis] = await Promise.all([startPostgres(), startRedis()]);
    database = await postgres.newDatabase();
  });
  afterAll(async () => {
    await Promise.all(servers.map((server) => server.close()));
    await Promise.all([postgres?.stop(), redis?.stop()]);
    rmSync(folder, { recursive: true, force: true });
    vi.unstubAllEnvs();
  });

  test("carries a run to its end, answers the API, and leads when the leader ends", async () => {
    const witness = await Witness.open(join(folder, "witness"));
    const first = await start("keys");
    const leader = await first.leads;
    const second = await start("keys");
    await expect(start("others")).rejects.toThrow("coordinator.key: is not the key that signed this ledger");

    const headers = { authorization: `Bearer ${leader.keys.operator}` };
    const asked = (path: string, init: RequestInit = { headers }) => fetch(second.url + path, init);
    expect((await asked("/readyz")).status).toBe(200);
    expect((await asked("/api/runs", {})).status).toBe(401);
    const task = asTask({ ...smallTask(1), witnesses: [witness.publicKey] });
    const run = await leader.launchTask(task, 1);
    expect(await (await asked("/api/runs")).json()).toMatchObject([{ run: run.id, state: "waiting" }]);
    const invited = await asked(`/api/runs/${run.id}/invitations`, {
      method: "POST",
      headers: { ...headers, "content-type": "application/json" },
      body: JSON.stringify({ count: 5 }),
    });
    const { invitations } = (await invited.json()) as { invitations: string[] };
    expect(invitations).toHaveLength(5);

    const seen: RunDetail[] = [];
    const options = { transports: ["websocket"], auth: { key: leader.keys.operator }, forceNew: true };
    const watching = io(`${second.url}/console`, options);
    watching.on("run", (detail) => seen.push(detail));
    const signing = witness.serve(second.url, () => {});
    await new Promise<void>((resolve) => watching.once("connect", resolve));
    const tabs = await Promise.all(
      invitations.map((link) => {
        const invite = new URL(link).searchParams.get("invite")!;
        return joinWith({ url: second.url, run: run.id, invite, compute: zeros(task) });
      }),
    );
    await Promise.all(tabs.map((tab) => tab.over));
    expect(run.detail()).toMatchObject({ state: "finished", reason: "every round is done" });
    await vi.waitFor(() => expect(seen.at(-1)).toMatchObject({ run: run.id, state: "finished" }), { timeout: 60_000 });
    const ledger = await asked("/ledger/checkpoint");
    expect(await ledger.text()).toBe(new TextDecoder().decode(await leader.ledgerFile("checkpoint")));
    watching.disconnect();
    signing.disconnect();
    witness.close();

    await servers.splice(0, 1)[0]!.close();
    expect((await second.leads).run(run.id)!.detail().state).toBe("finished");
    expect((await asked("/readyz")).status).toBe(200);
    expect(await (await asked("/api/runs")).json()).toMatchObject([{ run: run.id, state: "finished" }]);
  });
});
