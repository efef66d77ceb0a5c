/** Rounds of the real coordinator (sockets, room, phases) for the bench, in a process of its own so that their cost is its own. */
import { createServer } from "node:http";
import pino from "pino";
import { bulkCrypto } from "../../coordinator/bulk-crypto.ts";
import { defaultLimits, Limits } from "../../coordinator/limits.ts";
import { type Shape, taskOf } from "../../coordinator/load/shape.ts";
import { Metrics } from "../../coordinator/metrics.ts";
import { type Connection, Room } from "../../coordinator/room.ts";
import { conductRound } from "../../coordinator/round.ts";
import { OwnSeats } from "../../coordinator/seats.ts";
import { attachSockets } from "../../coordinator/sockets.ts";
import { Witnesses } from "../../coordinator/witness/witnesses.ts";
import { toHex } from "../../shared/canonical.ts";
import { graphFor } from "../../shared/cohort.ts";
import { planOf } from "../../shared/plan.ts";
import { announce, announcementHash } from "../../shared/round/0-announce.ts";
import { hashSum } from "../../shared/round/5-result.ts";
import { type CoordinatorEnv, protocolVersion } from "../../shared/round/round.ts";
import { generateIdentityKeys, identityFrom } from "../../shared/secure-sum/keys.ts";
import { taskHash } from "../../shared/task.ts";

/** Clients share one machine here and take their time; a right round ends long before. */
const forever = 3_600_000;

const signer = await identityFrom(await generateIdentityKeys());
const runs = new Map<string, ReturnType<typeof runWith>>();

const runWith = (room: Room) => ({
  isOver: false,
  isProposed: false,
  room,
  admits: async () => true,
  welcome: async () => ({ coordinatorKey: toHex(signer.publicKey) }) as never,
  enter: async (connection: Connection) => room.enter(connection),
  withdraw: async () => {},
});
const http = createServer();
const host = {
  seats: new OwnSeats((id) => runs.get(id)),
  keys: { operator: "", researcher: "" },
  metrics: new Metrics(() => ({ runs: [], budgets: new Map(), ledgerEntries: 0, leads: true })),
  onRunChange: () => {},
  onProgress: () => {},
  witnesses: new Witnesses(),
  publicKey: toHex(signer.publicKey),
};
const limits = new Limits({
  ...defaultLimits,
  connectionsPerAddress: Infinity,
  requestsPerMinute: 1e9,
  helloMs: forever,
  // A thousand clients in one process are too busy to answer in time whether they are there.
  askAliveMs: forever,
});
attachSockets(http, host, limits, pino({ level: "silent" }));
await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
process.send!({ url: `http://127.0.0.1:${(http.address() as { port: number }).port}` });

/** One round, once all its clients are here. */
async function conduct(run: string, shape: Shape): Promise<object> {
  const task = taskOf(shape);
  const env: CoordinatorEnv = { task, plan: planOf(task), signer, ...bulkCrypto };
  const room = new Room();
  runs.set(run, runWith(room));
  await new Promise<void>((resolve) => {
    room.onChange = () => room.identities.length === shape.clients && resolve();
  });
  const body = {
    protocol: protocolVersion,
    run,
    round: 1,
    attempt: 1,
    taskHash: await taskHash(task),
    question: { kind: "train", normalisation: {}, witness: { slope: [], weight: [] } } as never,
    modelHash: "00".repeat(32),
  };
  const facts = { round: 1, attempt: 1, question: "train", announcementHash: await announcementHash(body) } as const;

  globalThis.gc?.();
  const before = process.memoryUsage.rss();
  const cpu = process.cpuUsage();
  const cpuOf = () => {
    const { user, system } = process.cpuUsage(cpu);
    return (user + system) / 1e6;
  };
  const phases: Record<string, number> = {};
  const began = performance.now();
  const announcement = await announce(env, body);
  const deadlines = { ready: forever, shares: forever, masked: forever, piece: forever, unmask: forever };
  const outcome = await conductRound(
    env,
    room,
    facts,
    deadlines,
    {
      announce: async () => room.send(room.identities, "announce", { announcement }),
      onStep: () => {},
      onPhase: (phase) => {
        phases[phase] = cpuOf();
      },
      witness: async (roster) => roster,
      charge: async () => {},
      elsewhere: async () => undefined,
    },
    new AbortController().signal,
  );
  const coordinatorCpuSeconds = cpuOf();
  // The kernel's own mark: looking every now and then would cost time and miss peaks.
  const peak = process.resourceUsage().maxRSS * 1024;
  return {
    graph: graphFor(task, outcome.cohort),
    cohort: outcome.cohort,
    survivors: outcome.survivors,
    dimension: outcome.sum.length,
    coordinatorCpuSeconds,
    cpuSecondsBefore: phases,
    wallSeconds: (performance.now() - began) / 1000,
    peakBytes: peak - before,
    rssBytes: peak,
    sumHash: await hashSum(outcome.sum),
  };
}

process.on("message", ({ run, shape }: { run: string; shape: Shape }) => {
  conduct(run, shape).then(
    (result) => process.send!(result),
    (error: unknown) => {
      console.error(error);
      process.exit(1);
    },
  );
});
process.once("disconnect", () => process.exit());
