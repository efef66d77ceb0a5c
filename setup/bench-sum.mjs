/**
 * `npm run bench:sum`: whole rounds of the secure sum on this machine. The coordinator is a process of its own; all
 * clients live in a second one and speak the real protocol over loopback sockets. Prints the coordinator's processor time
 * and memory and what a client sends and receives, and how long a client encodes; `--json` prints them as JSON,
 * `--only 1000×100000` picks cases, `--post-quantum` has ML-KEM-768 beside X25519.
 */
import { fork } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { orExplain, SetupFailure, say } from "./failure.mjs";
import { prepare, root } from "./prepare.mjs";

const folder = join(root, "dist", "bench-sum");

/** With the limits of processor seconds that are set for them. */
const cases = [
  { clients: 100, dimension: 1_000_000, dropout: 0.05, cpuSeconds: 3 },
  { clients: 1000, dimension: 100_000, dropout: 0.05, cpuSeconds: 5 },
  { clients: 1000, dimension: 1_000_000, dropout: 0.05, cpuSeconds: 40 },
];

/** Played first, in the same process: a coordinator is asked round after round, and its code is compiled once. */
const warmUp = { clients: 64, dimension: 100_000, dropout: 0.05 };

const nameOf = ({ clients, dimension }) => `${clients}×${dimension}`;

async function buildProcesses() {
  const { build } = await import("vite");
  const bench = join(root, "e2e", "sum-bench");
  await build({
    configFile: join(root, "vite.config.ts"),
    mode: "bench",
    logLevel: "warn",
    build: {
      ssr: true,
      outDir: folder,
      rolldownOptions: {
        input: ["coordinator", "clients", "encoding"].map((name) => join(bench, `${name}.ts`)),
        output: { preserveModules: false, entryFileNames: "[name].js" },
      },
    },
  });
}

/** Starts a process; its messages come one after the other. */
function start(name, ...parameters) {
  const child = fork(join(folder, `${name}.js`), parameters, {
    execArgv: ["--expose-gc"],
    stdio: ["ignore", 2, 2, "ipc"],
  });
  const inbox = [];
  const waiting = [];
  const give = (item) => (waiting.length > 0 ? waiting.shift()(item) : inbox.push(item));
  child.on("message", (message) => give({ message }));
  child.on("exit", (code) => give({ code }));
  const next = async () => {
    const { message, code } = inbox.shift() ?? (await new Promise((resolve) => waiting.push(resolve)));
    if (message === undefined) throw new SetupFailure(`the process «${name}» ended with code ${code}`);
    return message;
  };
  return { child, next };
}

async function measure(shape) {
  const coordinator = start("coordinator");
  try {
    const { url } = await coordinator.next();
    await playRound(coordinator, url, "warm-up", warmUp);
    const [ours, theirs] = await playRound(coordinator, url, "bench", shape);
    return {
      ...shape,
      ...ours,
      vectorBytesPerCoordinate: theirs.vectorBytes / ours.dimension,
      besideBytes: theirs.besideBytes,
      limits: {
        coordinatorCpuSeconds: shape.cpuSeconds,
        peakBytes: 8 * 4 * ours.dimension + 60_000 * shape.clients,
        vectorBytesPerCoordinate: 2.55,
        besideBytes: 320_000,
      },
    };
  } finally {
    if (coordinator.child.connected) coordinator.child.disconnect();
  }
}

/** Milliseconds of a client for 10⁶ coordinates, to be encoded within 100. */
async function measureEncoding() {
  const encoding = start("encoding");
  try {
    return await encoding.next();
  } finally {
    if (encoding.child.connected) encoding.child.disconnect();
  }
}

/** What the coordinator tells of a round, and what its clients do. */
async function playRound(coordinator, url, run, shape) {
  coordinator.child.send({ run, shape });
  const clients = start("clients", JSON.stringify(shape), url, run);
  try {
    const [ours, theirs] = await Promise.all([coordinator.next(), clients.next()]);
    if (ours.sumHash !== theirs.sumHash) throw new SetupFailure(`${nameOf(shape)}: the sum is not the clients' sum`);
    return [ours, theirs];
  } finally {
    if (clients.child.connected) clients.child.disconnect();
  }
}

const columns = [
  ["coordinator CPU, s", "coordinatorCpuSeconds", 1],
  ["peak memory, MB", "peakBytes", 1e6],
  ["bytes a coordinate", "vectorBytesPerCoordinate", 1],
  ["kB beside the vector", "besideBytes", 1e3],
];

function printTable({ encodeMs, noiseMs }, results) {
  const line = (cells) => console.log(cells.map((cell, i) => (i === 0 ? cell.padEnd(16) : cell.padStart(24))).join(""));
  console.log(
    "measured (limit); loopback sockets, coordinator and clients in one process each; without the model's bytes; second round",
  );
  line(["clients × d", "degree, threshold", ...columns.map(([title]) => title)]);
  for (const result of results) {
    const { degree, threshold } = result.graph;
    const cells = columns.map(([, key, unit]) => {
      const number = (value) => (value / unit).toPrecision(3);
      return `${number(result[key])} (${number(result.limits[key])})`;
    });
    line([nameOf(result), `${degree}, ${threshold}`, ...cells]);
  }
  console.log(
    `a client's 10⁶ coordinates: clipped, rotated, rounded and checked in ${encodeMs.toFixed(0)} ms (100), their noise in ${noiseMs.toFixed(0)} ms`,
  );
}

await orExplain(prepare);
await orExplain(async () => {
  const { values } = parseArgs({
    options: {
      only: { type: "string", multiple: true, default: [] },
      json: { type: "boolean", default: false },
      "post-quantum": { type: "boolean", default: false },
    },
  });
  const chosen = cases.filter((one) => values.only.length === 0 || values.only.includes(nameOf(one)));
  if (chosen.length === 0) throw new SetupFailure(`--only: there are ${cases.map(nameOf).join(", ")}.`);
  mkdirSync(folder, { recursive: true });
  await buildProcesses();
  const encoding = await measureEncoding();
  const results = [];
  const postQuantum = values["post-quantum"];
  for (const shape of chosen.map((one) => (postQuantum ? { ...one, postQuantum } : one))) {
    const began = Date.now();
    results.push(await measure(shape));
    say(`${nameOf(shape)}: ${((Date.now() - began) / 1000).toFixed(0)} s`);
  }
  const all = { date: new Date().toISOString(), cpu: cpus()[0]?.model, node: process.version, encoding, results };
  writeFileSync(join(folder, "result.json"), JSON.stringify(all, null, 2));
  if (values.json) console.log(JSON.stringify(all));
  else printTable(encoding, results);
});
