/**
 * A coordinator that stops dead at a named point of a round, for crash.test.ts to kill it there: nothing runs in it any
 * more, no timer and no socket, until SIGKILL comes. Parameters: data folder, port, point («train/charging»), or «».
 */
import { writeSync } from "node:fs";
import { serve } from "../coordinator/command/serve.ts";
import { Runs } from "../coordinator/store/runs.ts";
import type { RoundRecord, RunState } from "../shared/run-record.ts";
import { smallTask } from "./small-task.ts";

export type Line =
  | { said: "serving"; url: string; run: string; invite: string; records: RoundRecord[]; epsilon: number }
  | { said: "at"; point: string; round: number; attempt: number }
  | { said: "over"; state: RunState; reason: string; records: RoundRecord[]; epsilon: number; ledger: unknown };

/** Points beside the phases: at the two durable steps, before and after each. */
const [dataDir, port, wanted, url] = process.argv.slice(2);

// Synchronous, so that nothing said is lost with the process.
const say = (line: Line) => {
  let text = Buffer.from(`${JSON.stringify(line)}\n`);
  while (text.length > 0) {
    try {
      text = text.subarray(writeSync(1, text));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EAGAIN") throw error;
    }
  }
};

function reach(point: string, { round, attempt }: { round: number; attempt: number }): void {
  say({ said: "at", point, round, attempt });
  if (point === wanted) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
}

const { chargeRound, finishRound } = Runs.prototype;
Runs.prototype.chargeRound = async function (run, facts, ...rest) {
  reach(`${facts.question}/charging`, facts);
  await chargeRound.call(this, run, facts, ...rest);
  reach(`${facts.question}/charged`, facts);
};
Runs.prototype.finishRound = async function (run, facts, ...rest) {
  reach(`${facts.question}/finishing`, facts);
  await finishRound.call(this, run, facts, ...rest);
  reach(`${facts.question}/finished`, facts);
};

const server = await serve({ port: Number(port), dataDir: dataDir!, ...(url && { postgres: { url } }) });
const { coordinator } = server;
const known = coordinator.summaries()[0]?.run;
const run = known === undefined ? await coordinator.launchTask(smallTask(3), 1) : coordinator.run(known)!;
const before = run.detail();
const invite = new URL(before.invitation).searchParams.get("invite")!;
say({
  said: "serving",
  url: server.url,
  run: run.id,
  invite,
  records: before.rounds,
  epsilon: before.privacy.epsilon,
});

coordinator.onRunChange = ({ current }) => {
  if (current) reach(`${current.question}/${current.phase}`, { round: current.round, attempt: 0 });
};
await run.start();
const { state, reason = "", rounds, privacy } = run.detail();
const ledger = await coordinator.exportLedger();
say({ said: "over", state, reason, records: rounds, epsilon: privacy.epsilon, ledger });
