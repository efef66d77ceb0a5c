/**
 * A coordinator that does nothing but keep rounds, as fast as it can, until it is killed. Run by crash.test.ts. With
 * "charged" as its second parameter it kills itself, when its second attempt is charged and not finished; with "full" the
 * disk is full after its second round, with "low" nearly.
 */
import fs, { writeSync } from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { hashParameters } from "../../../shared/round/0-announce.ts";
import { spentOn } from "../../../shared/spent.ts";
import { openDatabase } from "../database.ts";
import { coordinatorIdentity } from "../keys.ts";
import { Ledger } from "../ledger-store.ts";
import { Runs } from "../runs.ts";
import { charge, createRun, finish, nextAttempt, open, task } from "./rounds.ts";

/** A line of standard output: what this process has been told is safe. */
export type Line =
  | { said: "ready"; checkpoint: string; size: number }
  | { said: "opened" | "charged"; round: number; attempt: number }
  | { said: "finished"; round: number; attempt: number; modelHash: string; size: number; checkpoint: string };

// Synchronous, so that no acknowledgement outruns or outlives its commit in a buffer.
const say = (line: Line) => writeSync(1, `${JSON.stringify(line)}\n`);

/** From here on no byte more fits; what this process says does not go to a disk. */
function fillDisk(): void {
  const original = fs.writeSync;
  const full = Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC", errno: -28 });
  fs.writeSync = ((handle: number, ...rest: [Uint8Array]) => {
    if (handle === 1 || handle === 2) return original(handle, ...rest);
    throw full;
  }) as typeof fs.writeSync;
  syncBuiltinESMExports();
}

function leaveLittle(): void {
  const original = fs.statfsSync;
  fs.statfsSync = ((path: string) => ({ ...original(path), bavail: 10 })) as typeof fs.statfsSync;
  syncBuiltinESMExports();
}

const [, , dataDir, killedWhen] = process.argv as [string, string, string, string | undefined];
const leader = await openDatabase({ dataDir });
const ledger = await Ledger.open(leader, await coordinatorIdentity(dataDir));
const runs = new Runs(leader, ledger);
await runs.abortInterrupted((_, charges) => spentOn(task, charges));
const run = (await runs.list())[0] ?? (await createRun(runs, "r"));
await runs.setState(run.id, "running");
say({ said: "ready", size: ledger.size, checkpoint: await ledger.checkpoint() });
for (let count = 1; ; count++) {
  const attempt = await nextAttempt(runs, run);
  const { round, attempt: number } = attempt.facts;
  await open(runs, run, attempt);
  say({ said: "opened", round, attempt: number });
  await charge(runs, run, attempt);
  say({ said: "charged", round, attempt: number });
  if (killedWhen === "charged" && count === 2) process.kill(process.pid, "SIGKILL");
  const { parameters } = await finish(runs, run, attempt);
  const modelHash = await hashParameters(parameters);
  const size = ledger.size;
  say({ said: "finished", round, attempt: number, modelHash, size, checkpoint: await ledger.checkpoint() });
  if (count === 2 && killedWhen === "full") fillDisk();
  if (count === 2 && killedWhen === "low") leaveLittle();
}
