/** A run whose task names a witness: with it the run ends well, and every announcement, roster and result is in the witness's log. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { serve } from "../coordinator/command/serve.ts";
import type { LogLine } from "../coordinator/witness/log.ts";
import { Witness } from "../coordinator/witness/witness.ts";
import { checkLedger } from "../shared/ledger/file.ts";
import { checkHistory } from "../shared/ledger/history.ts";
import { asTask } from "../shared/task-rules.ts";
import { joinWith } from "./node-tab.ts";
import { smallTask, zeros } from "./small-task.ts";

test("a witness signs one model, one roster and one result for each round of a run and of the next, and the run waits for it", async () => {
  vi.stubEnv("MURMUR_LOG", "silent");
  const folder = mkdtempSync(join(tmpdir(), "murmur-witnessed-"));
  const witness = await Witness.open(join(folder, "witness"));
  const server = await serve({ port: 0, dataDir: join(folder, "data") });
  try {
    const task = asTask({ ...smallTask(1), witnesses: [witness.publicKey] });
    const launch = async (seed: number) => {
      const run = await server.coordinator.launchTask(task, seed);
      const invite = new URL(run.detail().invitation).searchParams.get("invite")!;
      const compute = zeros(task);
      const join = { url: server.url, run: run.id, invite, compute };
      return { run, tabs: await Promise.all(Array.from({ length: 5 }, () => joinWith(join))) };
    };
    const first = await launch(1);
    await vi.waitFor(() => expect(first.run.detail().current?.phase).toBe("announce"), { timeout: 60_000 });
    const refused: unknown[] = [];
    const socket = witness.serve(server.url, (_, reply) => "refused" in reply && refused.push(reply));
    await Promise.all(first.tabs.map((tab) => tab.over));
    const second = await launch(2);
    await Promise.all(second.tabs.map((tab) => tab.over));
    socket.disconnect();
    expect([first, second].map(({ run }) => run.detail().state)).toEqual(["finished", "finished"]);
    expect(refused).toEqual([]);
    const log = readFileSync(join(folder, "witness", "witness.log"), "utf8")
      .trimEnd()
      .split("\n");
    const lines = log.map((line) => JSON.parse(line) as LogLine);
    const kindOf = ({ rosterHash, resultHash }: LogLine) => (resultHash ? "result" : rosterHash ? "roster" : "model");
    expect(lines.map((line) => `${line.round} ${kindOf(line)}`)).toEqual(
      ["1", "2", "3", "1", "2", "3"].flatMap((round) => [`${round} model`, `${round} roster`, `${round} result`]),
    );
    const { entries, problems } = await checkLedger(await server.coordinator.exportLedger());
    expect(problems).toEqual([]);
    for (const entry of entries) {
      if (entry.kind !== "round") continue;
      const forged = entries.map((e) => (e === entry ? { ...entry, sumHash: "00".repeat(32) } : e));
      expect((await checkHistory(forged)).join()).toContain(`is not signed by the witness ${witness.publicKey}`);
    }
  } finally {
    await server.close();
    witness.close();
    rmSync(folder, { recursive: true, force: true });
    vi.unstubAllEnvs();
  }
});
