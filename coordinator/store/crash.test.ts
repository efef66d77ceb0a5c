import { type ChildProcess, spawn } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "vite";
import { afterAll, beforeAll, expect, test } from "vitest";
import { toHex } from "../../shared/canonical.ts";
import { openCheckpoint } from "../../shared/ledger/checkpoint.ts";
import { verifyEvidence } from "../../shared/ledger/evidence.ts";
import { checkLedger } from "../../shared/ledger/file.ts";
import { hashParameters } from "../../shared/round/0-announce.ts";
import { projectRoot } from "../command/project-root.ts";
import { openDatabase } from "./database.ts";
import { coordinatorIdentity } from "./keys.ts";
import { Ledger } from "./ledger-store.ts";
import { Runs } from "./runs.ts";
import type { Line } from "./testing/writer.ts";

const folder = mkdtempSync(join(tmpdir(), "murmur-crash-"));
const dataDir = join(folder, "data");
const children = new Set<ChildProcess>();

/** Node 20 runs no TypeScript: the children are built, and find the packages beside them. */
beforeAll(async () => {
  symlinkSync(join(projectRoot, "node_modules"), join(folder, "node_modules"));
  const testing = join(projectRoot, "coordinator/store/testing");
  await build({
    configFile: false,
    root: projectRoot,
    logLevel: "error",
    build: {
      ssr: true,
      outDir: join(folder, "built"),
      emptyOutDir: true,
      target: "node20",
      minify: false,
      copyPublicDir: false,
      rolldownOptions: {
        input: { writer: join(testing, "writer.ts"), holder: join(testing, "holder.ts") },
        output: { entryFileNames: "[name].mjs" },
      },
    },
  });
});
afterAll(() => {
  for (const child of children) child.kill("SIGKILL");
  rmSync(folder, { recursive: true, force: true });
});

interface Child {
  pid: number;
  lines: Line[];
  said(what: Line["said"], count?: number): Promise<void>;
  /** When it is gone: what it wrote to standard error */
  gone: Promise<string>;
  kill(): Promise<void>;
}

function start(program: string, ...parameters: string[]): Child {
  const child = spawn(process.execPath, [join(folder, "built", `${program}.mjs`), ...parameters]);
  children.add(child);
  const lines: Line[] = [];
  let rest = "";
  let errors = "";
  let look = () => {};
  child.stdout.on("data", (chunk: Buffer) => {
    const parts = (rest + String(chunk)).split("\n");
    rest = parts.pop()!;
    lines.push(...parts.map((line) => JSON.parse(line) as Line));
    look();
  });
  child.stderr.on("data", (chunk: Buffer) => {
    errors += String(chunk);
  });
  const gone = new Promise<string>((resolve) => child.once("close", () => resolve(errors)));
  return {
    pid: child.pid!,
    lines,
    gone,
    said: (what, count = 1) =>
      new Promise((resolve, reject) => {
        look = () => lines.filter((line) => line.said === what).length >= count && resolve();
        look();
        void gone.then((text) => reject(new Error(`it ended before it was «${what}»: ${text}`)));
      }),
    kill: async () => {
      child.kill("SIGKILL");
      await gone;
      children.delete(child);
    },
  };
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

test("[21] six times killed with SIGKILL, a coordinator loses nothing it acknowledged and decodes nothing twice", async () => {
  const said: Line[][] = [];
  // ms after it was ready; the first start also makes the database. Null: in the middle of its start.
  // "charged": by its own hand right after a charge, since a clock alone may hit only between two rounds.
  for (const delay of [150, 30, null, "charged", 90, 230] as const) {
    const child = delay === "charged" ? start("writer", dataDir, delay) : start("writer", dataDir);
    if (delay === null) await pause(450);
    else if (delay === "charged") await child.gone;
    else {
      await child.said("ready");
      if (said.length === 0) {
        // While it lives, nobody else gets in, and the refusal says who is there.
        await expect(openDatabase({ dataDir })).rejects.toThrow(`is in use by process ${child.pid}`);
        const second = start("writer", dataDir);
        expect(await second.gone).toContain(`is in use by process ${child.pid}`);
        await child.said("finished", 3);
      }
      await pause(delay);
    }
    await child.kill();
    // It had no time to let go: the next one takes over from the dead.
    if (delay !== null) expect(readFileSync(join(dataDir, "database.lock"), "utf8")).toBe(String(child.pid));
    said.push(child.lines);
  }

  const leader = await openDatabase({ dataDir });
  const identity = await coordinatorIdentity(dataDir);
  const ledger = await Ledger.open(leader, identity);
  const runs = new Runs(leader, ledger);
  const file = await ledger.export();
  const { entries, problems } = await checkLedger(file);
  expect(problems).toEqual([]);

  const acknowledged = said.flat();
  const of = (kind: string, line: { round: number; attempt: number }) =>
    entries.filter((e) => e.kind === kind && "attempt" in e && e.round === line.round && e.attempt === line.attempt);
  for (const line of acknowledged) {
    if (line.said === "opened") expect(of("announcement", line)).toHaveLength(1);
    if (line.said === "charged") expect(of("charge", line)).toHaveLength(1);
    if (line.said === "finished") expect(of("round", line)).toMatchObject([{ record: { modelHash: line.modelHash } }]);
    // Every checkpoint that was ever signed is a prefix of today's ledger.
    if ("checkpoint" in line) {
      const { root } = (await openCheckpoint(line.checkpoint, identity.publicKey))!;
      const evidence = await ledger.evidence(0, line.size);
      await verifyEvidence(evidence, toHex(identity.publicKey), { size: line.size, root: toHex(root) });
    }
  }
  const finished = acknowledged.filter((line) => line.said === "finished");
  expect(finished.length).toBeGreaterThan(10);
  // The kill after a charge at least hit the middle of a round.
  expect(entries.filter((e) => e.kind === "abort").length).toBeGreaterThan(0);

  // Model and records are those of the last round the ledger has, not of one more or one less.
  const rounds = entries.flatMap((e) => (e.kind === "round" ? [e] : []));
  expect(rounds.map((e) => e.round)).toEqual(rounds.map((_, i) => i + 1));
  const { learner } = await runs.loadState("r");
  expect(await hashParameters(learner.parameters)).toBe(rounds.at(-1)!.record.modelHash);
  expect(learner.averaged).toBe(rounds.length);
  expect((await runs.records("r")).filter((r) => r.state === "finished")).toEqual(rounds.map((e) => e.record));
  await leader.close();
  expect(existsSync(join(dataDir, "database.lock"))).toBe(false);
});

test.each(["low", "full"])("on a disk that is %s nothing that was acknowledged is lost", async (state) => {
  const place = join(folder, state);
  const child = start("writer", place, state);
  await child.said("finished", 2);
  // Nearly full it stops and says why. Really full, under its feet, the embedded database spins: nobody is told anything.
  if (state === "low") expect(await child.gone).toContain("has less than 64 MB of room left");
  else await pause(1_500);
  await child.kill();
  const leader = await openDatabase({ dataDir: place });
  const ledger = await Ledger.open(leader, await coordinatorIdentity(place));
  const { entries, problems } = await checkLedger(await ledger.export());
  expect(problems).toEqual([]);
  const acknowledged = child.lines.filter((line) => line.said === "finished");
  expect(acknowledged).toHaveLength(2);
  for (const { round, attempt, modelHash } of acknowledged) {
    const written = entries.filter((e) => e.kind === "round" && e.round === round && e.attempt === attempt);
    expect(written).toMatchObject([{ record: { modelHash } }]);
  }
  await leader.close();
});

test("of many that find a dead process's lock at once, one gets in", async () => {
  const dead = start("holder", join(folder, "nobody"), "0");
  await dead.said("ready");
  await dead.kill();
  for (let repeat = 0; repeat < 3; repeat++) {
    const place = join(folder, `raced-${repeat}`);
    mkdirSync(place);
    writeFileSync(join(place, "database.lock"), String(dead.pid));
    const moment = String(Date.now() + 700);
    const racers = Array.from({ length: 6 }, () => start("holder", join(place, "database"), moment));
    const won = await Promise.all(
      racers.map((racer) =>
        racer.said("ready").then(
          () => 1,
          () => 0,
        ),
      ),
    );
    expect(won.reduce<number>((sum, one) => sum + one, 0)).toBe(1);
    await Promise.all(racers.map((racer) => racer.kill()));
    expect(readdirSync(place)).toEqual(["database.lock"]);
  }
});
