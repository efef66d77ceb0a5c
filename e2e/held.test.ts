/** What stands still on purpose: a run that is held stays so across a restart, and a tab that rests can still leave. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { serve } from "../coordinator/command/serve.ts";
import { checkLedger } from "../shared/ledger/file.ts";
import { joinWith, type NodeTab } from "./node-tab.ts";
import { smallTask, zeros } from "./small-task.ts";

const tabs = 5;
const folder = () => mkdtempSync(join(tmpdir(), "murmur-held-"));

beforeEach(() => void vi.stubEnv("MURMUR_LOG", "silent"));
afterEach(() => void vi.unstubAllEnvs());

test("a run on hold asks nothing after a restart either, and goes on when it is resumed", async () => {
  const own = folder();
  const task = smallTask(1);
  let server = await serve({ port: 0, dataDir: own });
  const { id } = await server.coordinator.launchTask(task, 1);
  const invite = new URL(server.coordinator.run(id)!.detail().invitation).searchParams.get("invite")!;
  await server.coordinator.run(id)!.hold();
  await server.close();

  server = await serve({ port: 0, dataDir: own });
  const joined: NodeTab[] = [];
  try {
    const run = server.coordinator.run(id)!;
    expect(run.detail().state).toBe("held");
    let asked = 0;
    for (let i = 0; i < tabs; i++)
      joined.push(
        await joinWith({
          url: server.url,
          run: id,
          invite,
          compute: (...question) => {
            asked++;
            return zeros(task)(...question);
          },
        }),
      );
    await expect.poll(() => run.room.identities.length).toBe(tabs);
    // A run that is not held asks within milliseconds of the last one it waits for.
    await new Promise((resolve) => setTimeout(resolve, 1000));
    expect([asked, run.detail().current, run.detail().rounds]).toEqual([0, undefined, []]);
    await run.resume();
    await Promise.all(joined.map(({ over }) => over));
    expect([run.detail().state, asked > 0]).toEqual(["finished", true]);
  } finally {
    for (const tab of joined) tab.session.leave();
    await server.close();
    rmSync(own, { recursive: true, force: true });
  }
});

test("who leaves while their tab rests is heard all the same: the withdrawal is in the ledger, without a name", async () => {
  const own = folder();
  const task = smallTask(1);
  const server = await serve({ port: 0, dataDir: own });
  try {
    const run = await server.coordinator.launchTask(task, 1);
    const invite = new URL(run.detail().invitation).searchParams.get("invite")!;
    const { session, socket } = await joinWith({ url: server.url, run: run.id, invite, compute: zeros(task) });
    await expect.poll(() => run.room.identities.length).toBe(1);
    const [identity] = run.room.identities;
    session.rest();
    await expect.poll(() => run.room.identities.length).toBe(0);
    expect(socket.connected).toBe(false);
    await session.withdraw();
    expect(socket.connected).toBe(false);
    const { entries, problems } = await checkLedger(await server.coordinator.exportLedger());
    expect([problems, entries.map(({ kind }) => kind).filter((kind) => kind === "withdrawal")]).toEqual([
      [],
      ["withdrawal"],
    ]);
    expect(JSON.stringify(entries)).not.toContain(identity);
    await expect.poll(() => run.room.identities.length).toBe(0);
  } finally {
    await server.close();
    rmSync(own, { recursive: true, force: true });
  }
});
