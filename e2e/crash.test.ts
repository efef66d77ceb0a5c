/** Kills a coordinator with SIGKILL in every phase of a round, and sees its run through to the end all the same. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { freePort } from "../coordinator/free-port.ts";
import { postgresBinaries, startPostgres } from "../coordinator/store/testing/postgres-server.ts";
import { checkLedger } from "../shared/ledger/file.ts";
import { checkPromises } from "../shared/ledger/promises.ts";
import { buildCoordinator } from "./built.ts";
import type { Line } from "./coordinator-child.ts";
import { joinWith, type NodeTab } from "./node-tab.ts";
import { smallTask, zeros } from "./small-task.ts";

const folder = mkdtempSync(join(tmpdir(), "murmur-crash-"));
let built: string;
const children = new Set<ChildProcess>();
const tabs: NodeTab[] = [];

beforeAll(async () => {
  built = await buildCoordinator(folder);
});
afterAll(() => {
  for (const tab of tabs) tab.session.leave();
  for (const child of children) child.kill("SIGKILL");
  rmSync(folder, { recursive: true, force: true });
});

type Said<What extends Line["said"]> = Extract<Line, { said: What }>;

interface Child {
  lines: Line[];
  said<What extends Line["said"]>(what: What, point?: string): Promise<Said<What>>;
  kill(): Promise<void>;
}

function start(...parameters: string[]): Child {
  const child = spawn(process.execPath, [built, ...parameters]);
  children.add(child);
  const lines: Line[] = [];
  let rest = "";
  let errors = "";
  const looks = new Set<() => void>();
  child.stdout.on("data", (chunk: Buffer) => {
    const parts = (rest + String(chunk)).split("\n");
    rest = parts.pop()!;
    lines.push(...parts.map((line) => JSON.parse(line) as Line));
    for (const look of looks) look();
  });
  child.stderr.on("data", (chunk: Buffer) => {
    errors += String(chunk);
  });
  const gone = new Promise<void>((resolve) => child.once("close", () => resolve()));
  return {
    lines,
    said: (what, at) =>
      new Promise((resolve, reject) => {
        const look = () => {
          const over = lines.find((one) => one.said === "over");
          if (over && what !== "over") reject(new Error(`the run was over before «${at}»: ${over.reason}`));
          const line = lines.find((one) => one.said === what && (one.said !== "at" || one.point === at));
          if (line) resolve(line as never);
        };
        looks.add(look);
        look();
        void gone.then(() => reject(new Error(`it ended before it was «${what} ${at ?? ""}»: ${errors}`)));
      }),
    kill: async () => {
      child.kill("SIGKILL");
      await gone;
      children.delete(child);
    },
  };
}

/** Runs a task of three training rounds to its end, killing the coordinator at each of `points` in turn. */
async function survive(points: readonly string[], ...database: string[]) {
  const dataDir = join(mkdtempSync(join(folder, "run-")), "data");
  const port = await freePort();
  const starts: Said<"serving">[] = [];
  const lines: Line[] = [];
  let ours: NodeTab[] = [];
  for (const point of [...points, ""]) {
    const child = start(dataDir, String(port), point, ...database);
    const serving = await child.said("serving");
    starts.push(serving);
    if (ours.length === 0) {
      const { url, run, invite } = serving;
      const join = () => joinWith({ url, run, invite, compute: zeros(smallTask(3)) });
      ours = await Promise.all(Array.from({ length: 5 }, join));
      tabs.push(...ours);
    }
    if (point !== "") {
      await child.said("at", point);
      await child.kill();
      lines.push(...child.lines);
      continue;
    }
    const over = await child.said("over");
    await Promise.all(ours.map((tab) => tab.over));
    await child.kill();
    return { starts, over, lines: [...lines, ...child.lines] };
  }
  throw new Error("unreachable");
}

/** What holds however often a coordinator was killed. */
async function expectKept({ starts, over, lines }: Awaited<ReturnType<typeof survive>>) {
  const { entries, problems } = await checkLedger(over.ledger);
  expect(problems).toEqual([]);
  expect(checkPromises(entries)).toEqual([]);

  // Records before a kill are a prefix of those after it; ε never falls.
  const histories = [...starts, over];
  for (const [i, { records, epsilon }] of histories.entries()) {
    const before = histories[i - 1];
    if (!before) continue;
    expect(records.slice(0, before.records.length)).toEqual(before.records);
    expect(epsilon).toBeGreaterThanOrEqual(before.epsilon);
    // Nor does it skip a charge that was acknowledged.
    const epsilons = records.map((record) => record.privacy.epsilon);
    expect(epsilons).toEqual(epsilons.toSorted((a, b) => a - b));
  }

  // Each attempt is announced once, decoded at most once, and only after its charge, which is made once.
  const counts = new Map<string, string[]>();
  for (const entry of entries) {
    if (!("attempt" in entry)) continue;
    const key = `${entry.round}/${entry.attempt}`;
    counts.set(key, [...(counts.get(key) ?? []), entry.kind]);
  }
  for (const kinds of counts.values())
    expect(["announcement charge round", "announcement abort", "announcement charge abort"]).toContain(kinds.join(" "));
  const decoded = lines.flatMap((line) => (line.said === "at" && line.point.endsWith("/finishing") ? [line] : []));
  expect(new Set(decoded.map(({ round, attempt }) => `${round}/${attempt}`)).size).toBe(decoded.length);

  // What was acknowledged before a kill is in the ledger after it.
  for (const line of lines) {
    if (line.said !== "at") continue;
    const kinds = counts.get(`${line.round}/${line.attempt}`);
    if (line.point.endsWith("/charged")) expect(kinds).toContain("charge");
    if (line.point.endsWith("/finished")) expect(kinds).toContain("round");
  }
  return entries;
}

test("[21] killed in each phase, a run goes on to its end: nothing lost, nothing decoded twice, ε never falls", async () => {
  const result = await survive([
    "profile/announce",
    "profile/ready",
    "profile/shares",
    "profile/masked",
    "profile/finished",
    "train/charging",
    "train/unmask",
    "train/finished",
    "evaluate/finishing",
  ]);
  const entries = await expectKept(result);
  expect(result.over.state).toBe("finished");
  expect(result.over.reason).toBe("every round is done");
  const finished = result.over.records.filter((record) => record.state === "finished");
  expect(finished.map((record) => record.question)).toEqual(["profile", "train", "train", "train", "evaluate"]);
  const aborted = result.over.records.filter((record) => record.state === "aborted");
  // A round whose result was written is not asked again, though its tabs never heard of it.
  expect(aborted.map((record) => [record.question, record.reason])).toEqual([
    ...Array.from({ length: 4 }, () => ["profile", "coordinator-restarted"]),
    ...Array.from({ length: 2 }, () => ["train", "coordinator-restarted"]),
    ["evaluate", "coordinator-restarted"],
  ]);
  expect(entries.at(-1)!.kind).toBe("end");
  // Charged and then killed stays charged: five rounds, and the three that were killed after their charge.
  expect(entries.filter((entry) => entry.kind === "charge")).toHaveLength(8);
});

test.skipIf(!postgresBinaries)(
  "the same on a PostgreSQL server: the next process takes over from the dead one",
  async () => {
    const server = await startPostgres();
    try {
      const points = ["profile/masked", "train/charging", "train/finishing"];
      const result = await survive(points, await server.newDatabase());
      const entries = await expectKept(result);
      expect(result.over.reason).toBe("every round is done");
      // Five rounds, and what was killed after its charge: in masked and in finishing.
      expect(entries.filter((entry) => entry.kind === "charge")).toHaveLength(7);
    } finally {
      for (const child of children) child.kill("SIGKILL");
      await server.stop();
    }
  },
);
