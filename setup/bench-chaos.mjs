/**
 * `npm run bench:chaos`: run after run with everything that can go wrong, each by a seed of its own, by `murmur load --faults all`: of
 * one process, of two and of three in turn, where `--database-url` and `--redis-url` name servers (a user of PostgreSQL who may make
 * databases: each run has a new one), else of one. `--runs N` and `--from S` choose. Each run is a line of dist/bench-chaos/runs.jsonl.
 * Fails when anything that was acknowledged is lost, a promise is broken, or a run does not end.
 */
import { spawnSync } from "node:child_process";
import { appendFileSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import pg from "pg";
import { orExplain, SetupFailure, say } from "./failure.mjs";
import { commandEntry, prepare, root } from "./prepare.mjs";

const folder = join(root, "dist", "bench-chaos");
const shape = ["--clients", "14", "--dimension", "2000", "--rounds", "3", "--faults", "all"];
/** A run takes half a minute on two cores that do nothing else. */
const stuckAfterMs = 900_000;

const processes = (count) => `${count} ${count === 1 ? "process" : "processes"}`;

/** @throws SetupFailure unless it is a whole number from 1 */
function counted(name, text) {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1)
    throw new SetupFailure(`--${name} is «${text}»: use a whole number from 1.`);
  return number;
}

/** A database for one run. */
async function withDatabase(serverUrl, name, use) {
  const server = new pg.Client({ connectionString: serverUrl });
  await server.connect();
  try {
    // Of a run that was broken off.
    await server.query(`drop database if exists ${name} with (force)`);
    await server.query(`create database ${name}`);
    const url = new URL(serverUrl);
    url.pathname = `/${name}`;
    return use(url.href);
  } finally {
    await server.query(`drop database if exists ${name} with (force)`);
    await server.end();
  }
}

function play(seed, count, places) {
  const flags = ["load", ...shape, "--seed", `${seed}`, "--coordinators", `${count}`, ...places, "--json"];
  const { stdout, error } = spawnSync(process.execPath, [commandEntry, ...flags], {
    stdio: ["ignore", "pipe", "ignore"],
    encoding: "utf8",
    timeout: stuckAfterMs,
    killSignal: "SIGKILL",
  });
  if (error) return { seed, count, violations: [`did not end: ${error.message}`] };
  if (stdout.trim() === "") return { seed, count, violations: ["ended without a result"] };
  return { seed, count, ...JSON.parse(stdout) };
}

await orExplain(prepare);
await orExplain(async () => {
  const { values } = parseArgs({
    options: {
      runs: { type: "string", default: "200" },
      from: { type: "string", default: "1" },
      "database-url": { type: "string" },
      "redis-url": { type: "string" },
    },
  });
  const { "database-url": database, "redis-url": redis } = values;
  if ((database === undefined) !== (redis === undefined))
    throw new SetupFailure("--database-url and --redis-url: several processes need both. Name both or neither.");
  const [runs, from] = [counted("runs", values.runs), counted("from", values.from)];
  const file = join(folder, "runs.jsonl");
  mkdirSync(folder, { recursive: true });
  rmSync(file, { force: true });
  const results = [];
  for (let seed = from; seed < from + runs; seed++) {
    const count = database === undefined ? 1 : 1 + (seed % 3);
    const began = Date.now();
    const result =
      count === 1
        ? play(seed, count, [])
        : await withDatabase(database, `murmur_chaos_${seed}`, (url) =>
            play(seed, count, ["--database-url", url, "--redis-url", redis]),
          );
    results.push(result);
    appendFileSync(file, `${JSON.stringify(result)}\n`);
    const told = result.violations.length > 0 ? result.violations.join("; ") : `${result.acknowledged} acknowledged`;
    say(
      `seed ${seed}, ${processes(count)}: ${result.state ?? "?"}, ${told}, ${Math.round((Date.now() - began) / 1000)} s`,
    );
  }
  const total = (of) => results.reduce((sum, result) => sum + (of(result) ?? 0), 0);
  for (const count of [1, 2, 3]) {
    const own = results.filter((result) => result.count === count);
    if (own.length > 0) console.log(`${processes(count)}: ${own.length} runs`);
  }
  const faults = {};
  for (const result of results)
    for (const [fault, many] of Object.entries(result.faults ?? {})) faults[fault] = (faults[fault] ?? 0) + many;
  console.log(
    Object.entries(faults)
      .map(([fault, many]) => `${fault} ${many}`)
      .join(", "),
  );
  console.log(
    `${total((r) => r.rounds?.finished)} rounds finished, ${total((r) => r.acknowledged)} vectors acknowledged, ` +
      `${total((r) => r.lost)} lost, ${total((r) => r.unsure)} unsure, ${total((r) => r.violations.length)} violations`,
  );
  const bad = results.filter((result) => result.violations.length > 0 || result.lost > 0).map(({ seed }) => seed);
  if (bad.length > 0) throw new SetupFailure(`seeds ${bad.join(", ")}: see ${file}`);
});
