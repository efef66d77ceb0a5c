/**
 * `npm run bench:load`: rounds of a whole coordinator (sockets, API, embedded database, ledger) with clients that speak the
 * protocol over loopback, by `murmur load`. Prints the coordinator's processor time, memory and answers, and how its cost
 * grows; `--only 1000` picks cases, `--json` prints JSON. The largest takes an hour or more: the clients share the machine.
 */
import { spawnSync } from "node:child_process";
import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { orExplain, SetupFailure, say } from "./failure.mjs";
import { commandEntry, prepare } from "./prepare.mjs";

/** With the limits that are set for the largest */
const cases = [
  { clients: 100 },
  { clients: 1000 },
  { clients: 3000 },
  { clients: 10_000, cpuSeconds: 15, rssBytes: 2 * 2 ** 30, p99: 1000 },
];
const dimension = 10_000;

await orExplain(prepare);
await orExplain(async () => {
  const { values } = parseArgs({
    options: { only: { type: "string", multiple: true, default: [] }, json: { type: "boolean", default: false } },
  });
  const chosen = cases.filter(({ clients }) => values.only.length === 0 || values.only.includes(String(clients)));
  if (chosen.length === 0)
    throw new SetupFailure(`--only: there are ${cases.map(({ clients }) => clients).join(", ")}.`);
  const results = [];
  for (const { clients, ...limits } of chosen) {
    const began = Date.now();
    const flags = [
      "load",
      "--clients",
      String(clients),
      "--dimension",
      String(dimension),
      "--dropout",
      "0.05",
      "--json",
    ];
    const { stdout, status } = spawnSync(process.execPath, [commandEntry, ...flags], {
      stdio: ["ignore", "pipe", 2],
      encoding: "utf8",
    });
    if (status !== 0) throw new SetupFailure(`${clients} clients: the load failed: ${stdout}`);
    results.push({ ...JSON.parse(stdout), limits });
    say(`${clients} clients: ${((Date.now() - began) / 1000).toFixed(0)} s`);
  }
  if (values.json)
    return console.log(
      JSON.stringify({ date: new Date().toISOString(), cpu: cpus()[0]?.model, node: process.version, results }),
    );
  console.log(
    `a training round of ${dimension} coordinates, 5 % dropouts (limit); answers include the clients' own queue`,
  );
  const row = (cells) => console.log(cells.map((cell) => String(cell).padStart(18)).join(""));
  row(["clients", "CPU, s", "CPU a client, ms", "peak memory, MB", "p50, ms", "p99, ms"]);
  for (const { clients, serverCpuSeconds, peakRssBytes, p50, p99, limits } of results) {
    const limit = (value, most) => (most === undefined ? value : `${value} (${most})`);
    row([
      clients,
      limit(serverCpuSeconds.toFixed(2), limits.cpuSeconds),
      ((1000 * serverCpuSeconds) / clients).toFixed(2),
      limit(Math.round(peakRssBytes / 2 ** 20), limits.rssBytes && limits.rssBytes / 2 ** 20),
      p50.toFixed(1),
      limit(p99.toFixed(0), limits.p99),
    ]);
  }
});
