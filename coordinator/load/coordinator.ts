/** The coordinator that `murmur load` measures: the real one, in a process of its own, so that its cost is its own. */
import fs, { readdirSync } from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { serve } from "../command/serve.ts";
import { serveAmong } from "../command/serve-among.ts";
import type { Deadlines } from "../round.ts";
import type { Shape } from "./shape.ts";
import { taskOf } from "./shape.ts";

export interface CoordinatorSettings {
  shape: Shape;
  rounds: number;
  dataDir: string;
  port: number;
  /** Whether its limits and deadlines are those it is served with */
  isStrict?: boolean;
  /** How far its clock is off, ms */
  skewMs?: number;
  /** Where it is one of several processes */
  among?: { databaseUrl: string; redisUrl: string };
}

export type FromCoordinator =
  | { said: "serving" }
  | { said: "leading"; run: string; invite: string; operator: string; researcher: string }
  | ({ said: "weighed" } & Weight)
  /** Where the run is, and what it has cost this process so far */
  | { said: "at"; question: string; phase: string; cpuSeconds: number; peakRssBytes: number };

/** What must not grow without bound, after a full collection */
export interface Weight {
  rssBytes: number;
  heapBytes: number;
  /** Sockets, timers and the like that keep a process going */
  handles: number;
  files: number;
}

/** Clients share one machine here and take their time; where things go wrong, nobody waits long for the lost. */
const forever = 3_600_000;
const patient: Deadlines = { ready: forever, shares: forever, masked: forever, piece: forever, unmask: forever };
const brisk: Deadlines = { ready: 8_000, shares: 4_000, masked: 8_000, piece: 2_000, unmask: 4_000 };

const {
  shape,
  rounds,
  dataDir,
  port,
  isStrict,
  skewMs = 0,
  among,
} = JSON.parse(process.argv[2]!) as CoordinatorSettings;
const { isHarsh } = shape;
if (skewMs !== 0) setClock(skewMs);
const say = (message: FromCoordinator) => process.connected && process.send!(message);

const options = {
  port,
  dataDir,
  ...(!isStrict && { deadlines: isHarsh ? brisk : patient }),
  // All clients come from one address, and while others compute they cannot answer whether they are there.
  ...(!isStrict && {
    limits: {
      connectionsPerAddress: 2 * shape.clients + 100,
      requestsPerMinute: 1e9,
      hellosPerMinute: 1e6,
      ...(!isHarsh && { helloMs: forever, askAliveMs: forever }),
    },
  }),
};
const server = among
  ? await serveAmong({ ...options, postgres: { url: among.databaseUrl }, redis: among.redisUrl })
  : await serve(options);
void server.lost.then(() => process.exit(1));
say({ said: "serving" });
process.on("message", (asked: "weigh" | "fill the disk") => {
  if (asked === "weigh") say({ said: "weighed", ...weigh() });
  else fillDisk();
});
const coordinator = "leads" in server ? await server.leads : server.coordinator;
const known = coordinator.summaries()[0]?.run;
const run = known === undefined ? await coordinator.launchTask(taskOf(shape, rounds), 1) : coordinator.run(known)!;
let last = "";
coordinator.onRunChange = ({ current }) => {
  const now = current ? `${current.round} ${current.question} ${current.phase}` : "between";
  if (now === last) return;
  last = now;
  const { user, system } = process.cpuUsage();
  say({
    said: "at",
    question: current?.question ?? "",
    phase: current?.phase ?? "between",
    cpuSeconds: (user + system) / 1e6,
    // The kernel's own mark: looking every now and then would cost time and miss peaks.
    peakRssBytes: process.resourceUsage().maxRSS * 1024,
  });
};
const invite = new URL(run.detail().invitation).searchParams.get("invite")!;
say({ said: "leading", run: run.id, invite, ...coordinator.keys });
process.once("disconnect", () => process.exit());

function setClock(offMs: number): void {
  const Right = Date;
  globalThis.Date = class extends Right {
    constructor(...given: []) {
      super(...(given.length > 0 ? given : ([Right.now() + offMs] as unknown as [])));
    }
    static override now = () => Right.now() + offMs;
  } as DateConstructor;
}

/** From here on there is no room for anything more that is to be kept. */
function fillDisk(): void {
  const { statfsSync } = fs;
  fs.statfsSync = ((path: string) => ({ ...statfsSync(path), bavail: 0 })) as typeof statfsSync;
  syncBuiltinESMExports();
}

function weigh(): Weight {
  setFlagsFromString("--expose-gc");
  (runInNewContext("gc") as () => void)();
  const { rss, heapUsed } = process.memoryUsage();
  return {
    rssBytes: rss,
    heapBytes: heapUsed,
    handles: process.getActiveResourcesInfo().length,
    files: readdirSync("/proc/self/fd").length,
  };
}
