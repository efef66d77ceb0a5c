/**
 * `murmur load`: a real coordinator on an embedded database, or several processes of one, and clients that speak the whole
 * protocol to it over loopback; on demand with faults. Afterwards what was acknowledged is held against what the ledger says: nothing may be lost.
 */
import type { ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Seeded } from "../../shared/explain/seeded.ts";
import { checkLedger, type LedgerFile } from "../../shared/ledger/file.ts";
import { checkPromises } from "../../shared/ledger/promises.ts";
import { hashSum } from "../../shared/round/5-result.ts";
import type { RunDetail } from "../../shared/run-record.ts";
import { start } from "./child.ts";
import type { ClientsSettings, FromClients } from "./clients.ts";
import type { FromCoordinator } from "./coordinator.ts";
import { Coordinators, type Several } from "./coordinators.ts";
import { type ClientFault, clientFaults, type Fault } from "./faults.ts";
import type { Shape } from "./shape.ts";
import { letStorm, type StormResult } from "./storms.ts";

export interface LoadSettings {
  shape: Shape;
  /** Of training; profile and evaluation come beside them */
  rounds: number;
  seed: number;
  faults: readonly Fault[];
  /** In place of one process on an embedded database */
  several?: Several;
  /**
   * Which process is killed when a phase begins, one after the other, each while all have members. After the last one and
   * one more round that finishes the run is stopped.
   */
  kills?: readonly Kill[];
  /** So many frames and requests among the rounds; after them, and one more round that finishes, the run is stopped */
  storm?: number;
  onProgress(line: string): void;
}

export interface Kill {
  question: string;
  phase: string;
  who: "leader" | "follower";
}

export interface LoadResult {
  /** The run ended as it should, and nothing was lost */
  completed: boolean;
  state: string;
  reason: string;
  clients: number;
  dimension: number;
  /** Processes, and the connections that each took behind a balancer */
  coordinators: number;
  taken?: number[];
  seed: number;
  /** Of the coordinator, from the announcement of the first training round to its result */
  serverCpuSeconds: number | null;
  peakRssBytes: number;
  /** From a client's message to its answer, its own process's queue included, ms */
  p50: number;
  p99: number;
  rounds: { finished: number; aborted: Record<string, number> };
  /** Vectors that were acknowledged in rounds that finished, and those of them that are not in their sum */
  acknowledged: number;
  lost: number;
  /** Rounds with a vector whose acknowledgement was lost on the way: their sums cannot be held against anything */
  unsure: number;
  storm?: StormResult;
  /** What went wrong on purpose, and how rounds ended for single clients */
  faults: Record<string, number>;
  out: Record<string, number>;
  /** Everything that must not be: empty, or the load failed */
  violations: string[];
}

/** How long the coordinator is left alone between two faults of its own, and how long it is frozen, ms. */
const [quietMs, frozenMs] = [1_500, 3_000];
/** How long a line is cut or slow, and what it then adds to each piece of bytes, ms */
const [brokenMs, laggingMs] = [12_000, 400];
/** So often at most: a charge is never refunded, and a budget has few spare rounds */
const mostMisfortunes = 3;

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

export async function load(settings: LoadSettings): Promise<LoadResult> {
  const { rounds, seed, faults, several, onProgress } = settings;
  const kills = [...(settings.kills ?? [])];
  const isTroubled = faults.length + kills.length > 0 || settings.storm !== undefined;
  const shape = { ...settings.shape, isHarsh: isTroubled };
  const folder = mkdtempSync(join(tmpdir(), "murmur-load-"));
  const children = new Set<ChildProcess>();
  const tally: Record<string, number> = {};
  let closing = () => {};
  try {
    let cpuBegan: number | undefined;
    let serverCpuSeconds: number | undefined;
    let peakRssBytes = 0;
    let coordinators: Coordinators | undefined;
    let isSpread = false;
    const watch = (message: FromCoordinator) => {
      if (message.said !== "at") return;
      const { question, phase, cpuSeconds } = message;
      peakRssBytes = Math.max(peakRssBytes, message.peakRssBytes);
      const used = `${cpuSeconds.toFixed(1)} s of processor, ${Math.round(message.peakRssBytes / 2 ** 20)} MB at most`;
      onProgress(`coordinator: ${question} ${phase}, so far ${used}`);
      if (question === "train" && phase === "announce") cpuBegan ??= cpuSeconds;
      if (phase === "between" && cpuBegan !== undefined) serverCpuSeconds ??= cpuSeconds - cpuBegan;
      const [kill] = kills;
      if (!coordinators || !kill) return;
      if (phase === "between") coordinators.spread();
      if (phase === "announce") isSpread = coordinators.have(Math.floor(shape.clients / coordinators.count) - 1);
      if (!isSpread || kill.question !== question || kill.phase !== phase) return;
      isSpread = false;
      kills.shift();
      tally.kill = (tally.kill ?? 0) + 1;
      onProgress(`coordinator: kill the ${kill.who} in ${question}/${phase}`);
      const { leader, count } = coordinators;
      void coordinators.kill(kill.who === "leader" ? leader : (leader + 1) % count);
    };
    const place = { shape, rounds, dataDir: join(folder, "data"), isStrict: settings.storm !== undefined };
    const skewMs = faults.includes("skew") ? (1 + (seed % 40)) * 3_600_000 : 0;
    const { coordinators: started, leading } = await Coordinators.start(place, several, skewMs, children, watch);
    coordinators = started;
    closing = () => started.close();
    const { run, invite, operator, researcher } = leading;
    const { url } = started;
    const headers = { authorization: `Bearer ${operator}` };
    const ask = async <T>(path: string): Promise<T | undefined> => {
      const answer = await fetch(url + path, { headers }).catch(() => undefined);
      return answer?.ok ? ((await answer.json()) as T) : undefined;
    };
    const tell = (path: string) => fetch(url + path, { method: "POST", headers }).catch(() => undefined);
    onProgress(`${shape.clients} clients join ${url}, seed ${seed}`);
    const ours = faults.filter((fault): fault is ClientFault => (clientFaults as readonly string[]).includes(fault));
    const sums = new Map<string, { count: number; sum: Float64Array<ArrayBuffer> }>();
    const clients = start<FromClients>(
      "clients",
      { shape, rounds, url, run, invite, seed, faults: ours, isTroubled } satisfies ClientsSettings,
      children,
      (message) => {
        if (message.said !== "acknowledged") return;
        const { round, attempt, count, sum } = message;
        sums.set(`${round}/${attempt}`, { count, sum: Float64Array.from(sum) });
      },
    );

    // While the clients work, the coordinator has its own misfortunes.
    const random = new Seeded(seed);
    // A server's disk is the server's business, and one process alone has no lines.
    const possible: Fault[] = several ? ["kill", "freeze", "partition", "lag"] : ["kill", "freeze", "full"];
    const fate = faults.filter((fault) => possible.includes(fault));
    let detail: RunDetail | undefined;
    let roundsAtLast = 0;
    let misfortunes = 0;
    let storm: Awaited<ReturnType<typeof letStorm>> | undefined;
    const told = { run, operator, researcher };
    const stormSettings = settings.storm && { seed, count: settings.storm, told, invite, shape, rounds };
    /** What is looked at is over before the run is */
    const isBriefly = kills.length > 0 || stormSettings !== undefined;
    let isStorming = false;
    let stormFailed: unknown;
    for (let nextFault = Date.now() + quietMs; ; ) {
      await pause(500);
      if (clients.child.exitCode !== null) throw new Error("the clients failed; their message stands above");
      const looked = await ask<RunDetail>(`/api/runs/${run}`);
      for (const record of looked?.rounds.slice(detail?.rounds.length ?? 0) ?? [])
        onProgress(
          `round ${record.round} ${record.question} ${record.state} ${record.reason ?? ""} ${record.survivors}`,
        );
      detail = looked ?? detail;
      if (detail && ["finished", "stopped", "failed"].includes(detail.state)) break;
      const done = detail?.rounds.filter(({ state }) => state === "finished").length ?? 0;
      if (stormSettings && done > 1 && !isStorming) {
        isStorming = true;
        void letStorm(stormSettings, started, children, onProgress).then(
          (over) => {
            storm = over;
          },
          (error) => {
            stormFailed = error;
          },
        );
      }
      if (stormFailed) throw stormFailed;
      if (kills.length > 0 || (stormSettings && !storm)) roundsAtLast = done;
      else if (isBriefly && done > roundsAtLast) await tell(`/api/runs/${run}/stop`);
      if (fate.length === 0 || Date.now() < nextFault || misfortunes >= mostMisfortunes) continue;
      const fault = fate[random.u32() % fate.length]!;
      tally[fault] = (tally[fault] ?? 0) + 1;
      misfortunes++;
      const which = random.u32() % started.count;
      onProgress(`coordinator ${which}: ${fault}`);
      const ms = random.u32() % (fault === "freeze" ? frozenMs : brokenMs);
      if (fault === "kill") await started.kill(which);
      else if (fault === "full") started.fillDisk(which);
      else if (fault === "freeze") await started.freeze(which, ms);
      else if (fault === "partition") await started.cut(which, random.u32() % 3, ms);
      else await started.slow(which, random.u32() % laggingMs, ms);
      nextFault = Date.now() + quietMs + (random.u32() % quietMs);
    }
    let ledger: LedgerFile | undefined;
    while (!ledger) ledger = await ask<LedgerFile>(`/api/runs/${run}/ledger`);
    const { faults: happened, out, milliseconds } = await clients.said("over");
    const { acknowledged, lost, unsure, violations } = await holdAgainst(ledger, sums);
    violations.push(...(storm?.violations ?? []));
    if (stormSettings && !storm) violations.push("the run was over before the storm was");
    // What others do to a coordinator is nothing that it did not reckon with; what a machine does to it may be.
    if (faults.length + kills.length === 0)
      for (const line of new Set(started.errors)) violations.push(`an error was logged: ${line.slice(0, 300)}`);
    // Who is cut off from the database ends, as it should.
    if (started.fallen > 0 && !faults.includes("partition"))
      violations.push(`${started.fallen} processes ended by themselves`);
    if (!isTroubled && unsure > 0) violations.push(`${unsure} rounds summed up more than was acknowledged`);
    const aborted: Record<string, number> = {};
    for (const { state, reason = "" } of detail.rounds)
      if (state === "aborted") aborted[reason] = (aborted[reason] ?? 0) + 1;
    if (!isTroubled) {
      if (detail.state !== "finished") violations.push(`the run ${detail.state}: ${detail.reason}`);
      for (const [reason, count] of Object.entries(aborted)) violations.push(`${count} rounds ended by ${reason}`);
    }
    milliseconds.sort((a, b) => a - b);
    const quantile = (q: number) =>
      milliseconds[Math.min(milliseconds.length - 1, Math.floor(q * milliseconds.length))]!;
    return {
      completed: violations.length === 0,
      state: detail.state,
      reason: detail.reason ?? "",
      clients: shape.clients,
      dimension: shape.dimension,
      coordinators: started.count,
      ...(started.taken && { taken: started.taken }),
      seed,
      serverCpuSeconds: !isTroubled ? (serverCpuSeconds ?? null) : null,
      peakRssBytes,
      p50: quantile(0.5),
      p99: quantile(0.99),
      rounds: { finished: detail.rounds.filter(({ state }) => state === "finished").length, aborted },
      acknowledged,
      lost,
      unsure,
      ...(storm && { storm: storm.storm }),
      faults: { ...happened, ...tally },
      out,
      violations,
    };
  } finally {
    closing();
    for (const child of children) child.kill("SIGKILL");
    rmSync(folder, { recursive: true, force: true });
    rmSync(`${folder}.lock`, { force: true });
  }
}

/** The ledger's own rules, and: the sum of a finished round is that of the vectors whose senders were told so. */
async function holdAgainst(
  ledger: LedgerFile,
  sums: ReadonlyMap<string, { count: number; sum: Float64Array<ArrayBuffer> }>,
): Promise<Pick<LoadResult, "acknowledged" | "lost" | "unsure" | "violations">> {
  const { entries, problems } = await checkLedger(ledger);
  const violations = [...problems, ...checkPromises(entries)];
  let [acknowledged, lost, unsure] = [0, 0, 0];
  for (const entry of entries) {
    if (entry.kind !== "round") continue;
    const name = `${entry.round}/${entry.attempt}`;
    const told = sums.get(name);
    const count = told?.count ?? 0;
    const { survivors } = entry.record;
    acknowledged += count;
    if (!told || count < survivors) unsure++;
    else if (count > survivors) {
      lost += count - survivors;
      violations.push(`round ${name} summed up ${survivors}, and ${count} were told that they were in it`);
    } else if ((await hashSum(told.sum)) !== entry.sumHash)
      violations.push(`round ${name} is not the sum of its vectors`);
  }
  // Nothing is decoded without its charge, nor twice.
  const attempts = new Map<string, string[]>();
  for (const entry of entries) {
    if (!("attempt" in entry)) continue;
    const name = `${entry.round}/${entry.attempt}`;
    attempts.set(name, [...(attempts.get(name) ?? []), entry.kind]);
  }
  for (const [name, kinds] of attempts)
    if (!["announcement charge round", "announcement abort", "announcement charge abort"].includes(kinds.join(" ")))
      violations.push(`attempt ${name} went ${kinds.join(", ")}`);
  return { acknowledged, lost, unsure, violations };
}
