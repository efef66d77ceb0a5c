/** Backed up in the middle of a run, wiped, restored: the run goes on to its end with the same tabs, and its ledger verifies. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { serve } from "../coordinator/command/serve.ts";
import { backUp, restore } from "../coordinator/store/backup.ts";
import { toHex } from "../shared/canonical.ts";
import { checkLedger } from "../shared/ledger/file.ts";
import { checkPromises } from "../shared/ledger/promises.ts";
import { identityFrom } from "../shared/secure-sum/keys.ts";
import { joinWith, memoryJournal } from "./node-tab.ts";
import { smallTask, zeros } from "./small-task.ts";

const folder = mkdtempSync(join(tmpdir(), "murmur-backup-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("a run goes on from its backup, and who is erased afterwards is forgotten", async () => {
  const dataDir = join(folder, "data");
  const file = join(folder, "backup");
  const task = smallTask(3);
  const before = await serve({ port: 0, dataDir });
  const run = await before.coordinator.launchTask(task, 1);
  const invite = new URL(run.detail().invitation).searchParams.get("invite")!;
  const trained = new Promise<void>((resolve) => {
    before.coordinator.onRunChange = ({ rounds }) => rounds.length >= 2 && resolve();
  });
  const journals = await Promise.all(Array.from({ length: 5 }, memoryJournal));
  const tabs = await Promise.all(
    journals.map((journal) => joinWith({ url: before.url, run: run.id, invite, journal, compute: zeros(task) })),
  );
  await trained;
  await before.close();
  await backUp({ dataDir }, file);
  rmSync(dataDir, { recursive: true });
  await restore(file, { dataDir });

  // The tabs come back by themselves: same address, same key, and a ledger that extends the one they saw.
  const after = await serve({ port: Number(new URL(before.url).port), dataDir });
  await Promise.all(tabs.map(({ over }) => over));
  const { coordinator } = after;
  const { state, reason, rounds } = coordinator.run(run.id)!.detail();
  expect([state, reason]).toEqual(["finished", "every round is done"]);
  const finished = rounds.filter((round) => round.state === "finished");
  expect(finished.map(({ question }) => question)).toEqual(["profile", "train", "train", "train", "evaluate"]);

  const somebody = toHex((await identityFrom(await journals[0]!.identityKeys())).publicKey);
  const erase = (key: string) =>
    fetch(`${after.url}/api/participants/${somebody}`, {
      method: "DELETE",
      headers: { authorization: `Bearer ${key}` },
    });
  expect((await erase(coordinator.keys.researcher)).status).toBe(403);
  expect(await (await erase(coordinator.keys.operator)).json()).toEqual({ runs: [run.id] });
  expect(await (await erase(coordinator.keys.operator)).json()).toEqual({ runs: [] });

  const ledger = await coordinator.exportLedger();
  const { entries, problems } = await checkLedger(ledger);
  expect([problems, checkPromises(entries)]).toEqual([[], []]);
  expect(entries.at(-1)!.kind).toBe("withdrawal");
  expect(JSON.stringify(ledger)).not.toContain(somebody);
  await after.close();
});
