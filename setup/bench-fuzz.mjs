/**
 * `npm run bench:fuzz`: a million frames and requests that are nearly right, or nothing at all, at a coordinator with its limits as
 * served, while rounds go on; by `murmur load --storm`. Fails when a process ends, an error is logged, something gets no answer, or
 * memory or handles grow. `--count N` and `--seed S` choose; the seed is printed. On Linux, where all of 127/8 is this machine.
 */
import { spawnSync } from "node:child_process";
import { randomInt } from "node:crypto";
import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { orExplain, SetupFailure, say } from "./failure.mjs";
import { commandEntry, prepare } from "./prepare.mjs";

/** More rounds than a storm takes: each is a moment of rest between its messages. */
const rounds = "1000";

await orExplain(prepare);
await orExplain(async () => {
  const { values } = parseArgs({
    options: {
      count: { type: "string", default: "1000000" },
      seed: { type: "string", default: String(randomInt(2 ** 31)) },
      json: { type: "boolean", default: false },
    },
  });
  const { count, seed } = values;
  say(`seed ${seed}, ${count} frames and requests`);
  const flags = [
    "load",
    "--clients",
    "14",
    "--dimension",
    "2000",
    "--rounds",
    rounds,
    "--storm",
    count,
    "--seed",
    seed,
  ];
  const { stdout, status } = spawnSync(process.execPath, [commandEntry, ...flags, "--json"], {
    stdio: ["ignore", "pipe", 2],
    encoding: "utf8",
  });
  const result = stdout.trim() === "" ? undefined : JSON.parse(stdout);
  if (values.json && result)
    console.log(
      JSON.stringify({ date: new Date().toISOString(), cpu: cpus()[0]?.model, node: process.version, ...result }),
    );
  if (status !== 0) throw new SetupFailure(`seed ${seed}: ${result?.violations.join("; ") ?? "the load failed"}`);
  if (values.json) return;
  const { storm } = result;
  const megabytes = (bytes) => `${Math.round(bytes / 2 ** 20)} MB`;
  console.log(`${count} sent in ${Math.round(storm.seconds)} s, ${result.rounds.finished} rounds finished among them`);
  for (const [what, many] of Object.entries({ ...storm.sent, ...storm.answers }).sort(([, a], [, b]) => b - a))
    console.log(`${String(many).padStart(10)}  ${what}`);
  for (const { warm, end } of storm.weights)
    console.log(
      `after a fifth of it, and in the end: ${megabytes(warm.rssBytes)}, ${megabytes(end.rssBytes)} resident; ` +
        `${warm.handles}, ${end.handles} handles; ${warm.files}, ${end.files} open files`,
    );
});
