/** A run whose task names a witness: with it the run ends well, and every announcement and roster is in the witness's log. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { serve } from "../coordinator/command/serve.ts";
import type { LogLine } from "../coordinator/witness/log.ts";
import { Witness } from "../coordinator/witness/witness.ts";
import { asTask } from "../shared/task.ts";
import { joinWith } from "./node-tab.ts";
import { smallTask, zeros } from "./small-task.ts";

test("a witness signs one model and one roster for each round, and the run waits for it", async () => {
  vi.stubEnv("MURMUR_LOG", "silent");
  const folder = mkdtempSync(join(tmpdir(), "murmur-witnessed-"));
  const witness = await Witness.open(join(folder, "witness"));
  const server = await serve({ port: 0, dataDir: join(folder, "data") });
  try {
    const task = asTask({ ...smallTask(1), witnesses: [witness.publicKey] });
    const run = await server.coordinator.launchTask(task, 1);
    const invite = new URL(run.detail().invitation).searchParams.get("invite")!;
    const compute = zeros(task);
    const tabs = await Promise.all(
      Array.from({ length: 5 }, () => joinWith({ url: server.url, run: run.id, invite, compute })),
    );
    await vi.waitFor(() => expect(run.detail().current?.phase).toBe("announce"), 10_000);
    const refused: unknown[] = [];
    const socket = witness.serve(server.url, (_, reply) => "refused" in reply && refused.push(reply));
    await Promise.all(tabs.map((tab) => tab.over));
    socket.disconnect();
    expect(run.detail().state).toBe("finished");
    expect(refused).toEqual([]);
    const log = readFileSync(join(folder, "witness", "witness.log"), "utf8")
      .trimEnd()
      .split("\n");
    const lines = log.map((line) => JSON.parse(line) as LogLine);
    const signed = lines.map(({ round, rosterHash }) => `${round} ${rosterHash ? "roster" : "model"}`);
    expect(signed).toEqual(["1", "2", "3"].flatMap((round) => [`${round} model`, `${round} roster`]));
  } finally {
    await server.close();
    witness.close();
    rmSync(folder, { recursive: true, force: true });
    vi.unstubAllEnvs();
  }
});
