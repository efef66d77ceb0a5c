import fs, { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sql } from "kysely";
import { afterAll, beforeAll, expect, test } from "vitest";
import { fromBase64, fromHex, toHex } from "../../shared/canonical.ts";
import { openCheckpoint } from "../../shared/ledger/checkpoint.ts";
import type { LedgerEntry } from "../../shared/ledger/entries.ts";
import { checkLedger } from "../../shared/ledger/file.ts";
import { checkPromises } from "../../shared/ledger/promises.ts";
import { checkProof } from "../../shared/ledger/proof.ts";
import { leafHash, MerkleTree, verifyConsistency } from "../../shared/ledger/tree.ts";
import type { Identity } from "../../shared/secure-sum/keys.ts";
import { spentOn } from "../../shared/spent.ts";
import type { Learner } from "../learner.ts";
import { openDatabase } from "./database.ts";
import { accessKey, coordinatorIdentity } from "./keys.ts";
import type { Leader } from "./leader.ts";
import { Ledger } from "./ledger-store.ts";
import { lockFolder } from "./lock.ts";
import { type RunRow, Runs } from "./runs.ts";
import type { Database } from "./schema.ts";
import { abort, charge, createRun, finish, hash, nextAttempt, open, recordOf, task } from "./testing/rounds.ts";

// One database for the whole file: making one takes seconds.
const dataDir = mkdtempSync(join(tmpdir(), "murmur-store-"));
let db: Database;
let leader: Leader;
let identity: Identity;
let ledger: Ledger;
let runs: Runs;
let names = 0;
const newRun = (): Promise<RunRow> => createRun(runs, `run-${names++}`);
const exported = (): LedgerEntry => ({
  kind: "export",
  run: "run-0",
  modelHash: hash("model"),
  format: "json",
  at: "2026-01-01T00:00:00.000Z",
});

beforeAll(async () => {
  leader = await openDatabase({ dataDir });
  ({ db } = leader);
  identity = await coordinatorIdentity(dataDir);
  ledger = await Ledger.open(leader, identity);
  runs = new Runs(leader, ledger);
});
afterAll(async () => {
  await leader.close();
  rmSync(dataDir, { recursive: true });
});

/** What must not have changed after a refusal: ledger, attempts, run. */
async function everything(): Promise<unknown> {
  return {
    size: ledger.size,
    checkpoint: await ledger.checkpoint(),
    leaves: await db.selectFrom("ledger_leaf").selectAll().orderBy("position").execute(),
    rounds: await db.selectFrom("round").selectAll().orderBy("sequence").execute(),
    runs: await db.selectFrom("run").selectAll().orderBy("id").execute(),
  };
}

async function refused(work: () => Promise<unknown>, message: string | RegExp): Promise<void> {
  const before = await everything();
  await expect(work()).rejects.toThrow(message);
  expect(await everything()).toEqual(before);
}

test("a round is announced, charged and finished once, and the ledger tells it in that order", async () => {
  const run = await newRun();
  const attempt = await nextAttempt(runs, run);
  const first = await open(runs, run, attempt);
  await charge(runs, run, attempt);
  await finish(runs, run, attempt);
  const { leaves } = await ledger.export();
  expect(leaves.slice(first).map((leaf) => JSON.parse(leaf).kind)).toEqual(["announcement", "charge", "round"]);
  expect((await nextAttempt(runs, run)).facts).toMatchObject({ round: 2, attempt: 1, question: "train" });
});

test("nothing is charged twice, nor before it is announced, nor after it is over", async () => {
  const run = await newRun();
  const attempt = await nextAttempt(runs, run);
  await refused(() => charge(runs, run, attempt), "is not open");
  await open(runs, run, attempt);
  await refused(() => open(runs, run, attempt), /duplicate key/);
  await charge(runs, run, attempt);
  await refused(() => charge(runs, run, attempt), "is not open");
  await abort(runs, run, attempt);
  await refused(() => charge(runs, run, attempt), "is not open");
});

test("nothing is decoded uncharged, twice, or after it was given up", async () => {
  const run = await newRun();
  const attempt = await nextAttempt(runs, run);
  await open(runs, run, attempt);
  await refused(() => finish(runs, run, attempt), "is not charged");
  await charge(runs, run, attempt);
  await abort(runs, run, attempt);
  await refused(() => finish(runs, run, attempt), "is not charged");
  const again = await nextAttempt(runs, run);
  expect(again.facts).toMatchObject({ round: 1, attempt: 2 });
  await open(runs, run, again);
  await charge(runs, run, again);
  await finish(runs, run, again);
  await refused(() => finish(runs, run, again), "is not charged");
});

test("what was decoded cannot be taken back", async () => {
  const run = await newRun();
  const attempt = await nextAttempt(runs, run);
  await open(runs, run, attempt);
  await charge(runs, run, attempt);
  await finish(runs, run, attempt);
  await refused(() => abort(runs, run, attempt), "is not open or charged");
});

test("of two that finish the same attempt at once, one is refused", async () => {
  const run = await newRun();
  const attempt = await nextAttempt(runs, run);
  await open(runs, run, attempt);
  await charge(runs, run, attempt);
  const size = ledger.size;
  const both = await Promise.allSettled([finish(runs, run, attempt), finish(runs, run, attempt)]);
  expect(both.map((one) => one.status).sort()).toEqual(["fulfilled", "rejected"]);
  expect(ledger.size).toBe(size + 1);
});

test("a state reads back to the bit", async () => {
  const run = await newRun();
  const attempt = await nextAttempt(runs, run);
  const odd: Learner = {
    ...attempt.learner,
    parameters: Float32Array.from([Math.PI, -0, 1e-45, 3.4e38]),
    velocity: Float64Array.from([0.1 + 0.2, -0, 5e-324, 1.7976931348623157e308]),
    averageSum: Float64Array.from([1 / 3, -1e-300, 2 ** 53 + 2, 0]),
    averaged: 7,
    correlated: { rounds: 5, sums: [Float64Array.of(0.1, -0)], released: [Float64Array.of(1 / 3, 2 ** 60)] },
  };
  await open(runs, run, attempt);
  await charge(runs, run, attempt);
  const record = await recordOf(runs, run, attempt, odd, "finished");
  await runs.finishRound(run.id, attempt.facts, record, odd, { rosterHash: hash("r"), sumHash: hash("s") });
  const { learner } = await runs.loadState(run.id);
  const bytes = (array: ArrayBufferView) =>
    Buffer.from(array.buffer, array.byteOffset, array.byteLength).toString("hex");
  for (const name of ["parameters", "velocity", "averageSum"] as const)
    expect(bytes(learner[name]), name).toBe(bytes(odd[name]));
  expect(learner).toEqual(odd);
  expect((await runs.records(run.id)).at(-1)).toEqual(record);
  expect((await runs.charges(run.id)).at(-1)).toEqual(attempt.charge);
  expect((await runs.list()).find((row) => row.id === run.id)).toEqual(run);
});

test("after a crash, attempts under way are given up, charges stay, and runs that are over stay so", async () => {
  const [waiting, announced, charged, over] = [await newRun(), await newRun(), await newRun(), await newRun()];
  for (const run of [announced, charged, over]) await open(runs, run, await nextAttempt(runs, run));
  await charge(runs, charged, await nextAttempt(runs, charged));
  const { learner } = await runs.loadState(over.id);
  const { modelHash } = await recordOf(runs, over, await nextAttempt(runs, over), learner, "aborted");
  const end = { state: "failed", reason: "a test", modelHash, privacy: spentOn(task, []), gates: [] } as const;
  await runs.end(over.id, { ...end, gates: [] });

  const restarted = new Runs(leader, await Ledger.open(leader, identity));
  const size = ledger.size;
  await restarted.abortInterrupted((_, charges) => spentOn(task, charges));
  ledger = await Ledger.open(leader, identity);
  runs = new Runs(leader, ledger);
  const { entries, problems } = await checkLedger(await ledger.export());
  expect(problems).toEqual([]);
  expect(entries.slice(size)).toMatchObject([
    { kind: "abort", run: announced.id, round: 1, attempt: 1, record: { privacy: { epsilon: 0 } } },
    { kind: "abort", run: charged.id, round: 1, attempt: 1, record: { privacy: { epsilon: expect.any(Number) } } },
  ]);
  expect((await nextAttempt(runs, waiting)).facts.attempt).toBe(1);
  expect((await nextAttempt(runs, announced)).facts.attempt).toBe(2);
  const again = await nextAttempt(runs, charged);
  expect(again.facts.attempt).toBe(2);
  expect(await runs.charges(charged.id)).toHaveLength(1);
  await open(runs, charged, again);
  await charge(runs, charged, again);
  expect(await runs.charges(charged.id)).toHaveLength(2);
  await abort(runs, charged, again);

  await restarted.abortInterrupted(() => expect.fail("nothing is left to give up"));
});

test("a transaction that fails leaves no trace in the ledger, and the next one takes its place", async () => {
  const size = ledger.size;
  await refused(
    () =>
      ledger.append([exported(), exported()], async (tx, first) => {
        expect(first).toBe(size);
        await tx.updateTable("run").set({ state: "failed" }).execute();
        throw new Error("the disk is full");
      }),
    "the disk is full",
  );
  await refused(() => ledger.append([exported(), { ...exported(), ...{ participant: "alice" } }]), "participant");
  expect(await ledger.append([exported()])).toBe(size);
});

test("entries keep their order and lose none when many are written at once and some fail", async () => {
  const size = ledger.size;
  const places = await Promise.allSettled(
    Array.from({ length: 20 }, (_, i) =>
      ledger.append([exported(), exported()], async () => {
        if (i % 3 === 0) throw new Error("no");
      }),
    ),
  );
  const first = places.flatMap((place) => (place.status === "fulfilled" ? [place.value] : []));
  expect(first).toEqual(first.map((_, i) => size + 2 * i));
  expect(ledger.size).toBe(size + 2 * first.length);
  expect(await (await Ledger.open(leader, identity)).checkpoint()).toBe(await ledger.checkpoint());
});

test("a checkpoint never covers what is not committed", async () => {
  const size = ledger.size;
  let during = "";
  await ledger.append([exported()], async () => {
    during = await ledger.checkpoint();
  });
  expect((await openCheckpoint(during, identity.publicKey))!.size).toBe(size);
  expect((await openCheckpoint(await ledger.checkpoint(), identity.publicKey))!.size).toBe(size + 1);
});

test("every entry has a proof, and today's ledger extends every one before", async () => {
  const { leaves } = await ledger.export();
  const tree = new MerkleTree();
  for (const leaf of leaves) tree.push(await leafHash(new TextEncoder().encode(leaf)));
  for (const index of leaves.keys()) {
    const { entry, problems } = await checkProof(await ledger.proof(index));
    expect(problems).toEqual([]);
    expect(entry).toEqual(JSON.parse(leaves[index]!));
    const { from, size, consistency } = await ledger.evidence(0, index);
    const [before, now] = [await tree.root(index), await tree.root()];
    expect(await verifyConsistency(from, size, consistency.map(fromBase64), before, now)).toBe(true);
  }
});

test("a ledger with a hole is not opened", async () => {
  await expect(
    db.transaction().execute(async (tx) => {
      await tx.deleteFrom("ledger_leaf").where("position", "=", 1).execute();
      await Ledger.open({ ...leader, db: tx }, identity);
    }),
  ).rejects.toThrow("the ledger has no hole");
  expect((await Ledger.open(leader, identity)).size).toBe(ledger.size);
});

test("what these runs left behind is a ledger that keeps its rules and its promises", async () => {
  const { entries } = await checkLedger(await ledger.export());
  const ours = entries.filter((entry) => entry.kind !== "export");
  expect(checkPromises(ours)).toEqual([]);
});

test("each commit is flushed to the disk", async () => {
  const { rows } = await sql<{ fsync: string }>`show fsync`.execute(db);
  expect(rows).toEqual([{ fsync: "on" }]);
  const original = fs.fsyncSync;
  let flushed = 0;
  fs.fsyncSync = (handle) => {
    flushed++;
    original(handle);
  };
  syncBuiltinESMExports();
  try {
    for (let i = 0; i < 20; i++) {
      const before = flushed;
      await ledger.append([exported()]);
      expect(flushed).toBeGreaterThan(before);
    }
    const before = flushed;
    await ledger.export();
    expect(flushed).toBe(before);
  } finally {
    fs.fsyncSync = original;
    syncBuiltinESMExports();
  }
});

test("a second opening in the same process is refused too", async () => {
  await expect(openDatabase({ dataDir })).rejects.toThrow(`is in use by process ${process.pid}`);
  expect(readFileSync(join(dataDir, "database.lock"), "utf8")).toBe(String(process.pid));
});

test("a lock that names nobody, or a former process of the same id, is taken over; letting go twice is harmless", () => {
  const folder = join(dataDir, "elsewhere");
  for (const content of ["", "nonsense", String(process.pid)]) {
    writeFileSync(`${folder}.lock`, content);
    const unlock = lockFolder(folder);
    expect(readFileSync(`${folder}.lock`, "utf8")).toBe(String(process.pid));
    unlock();
    const other = lockFolder(folder);
    unlock();
    expect(() => lockFolder(folder)).toThrow("in use");
    other();
  }
  writeFileSync(`${folder}.lock`, "1");
  expect(() => lockFolder(folder)).toThrow("is in use by process 1");
  expect(readFileSync(`${folder}.lock`, "utf8")).toBe("1");
});

test("keys are made once, kept whole, and read by their owner only", async () => {
  const folder = join(dataDir, "keys");
  const { publicKey } = await coordinatorIdentity(folder);
  const key = accessKey(folder, "operator");
  expect((await coordinatorIdentity(folder)).publicKey).toEqual(publicKey);
  expect(publicKey).toHaveLength(32);
  expect(accessKey(folder, "operator")).toBe(key);
  expect(key).toMatch(/^[\w-]{43}$/);
  expect(readdirSync(folder).sort()).toEqual(["coordinator.key", "operator.key"]);
  for (const name of readdirSync(folder)) expect(statSync(join(folder, name)).mode & 0o777).toBe(0o600);
  expect(statSync(folder).mode & 0o777).toBe(0o700);
  expect(fromHex(toHex(publicKey))).not.toEqual((await coordinatorIdentity(join(dataDir, "others"))).publicKey);
});

test("a damaged key file is refused, above all an empty operator's key", async () => {
  const folder = join(dataDir, "keys");
  for (const content of ["", "\n", "short"]) {
    writeFileSync(join(folder, "operator.key"), content);
    writeFileSync(join(folder, "coordinator.key"), content);
    expect(() => accessKey(folder, "operator")).toThrow("holds no operator's key");
    await expect(coordinatorIdentity(folder)).rejects.toThrow("holds no Ed25519 key");
  }
});

test("who took part in a run is forgotten once it has been over for as long as its task allows, and the ledger says so", async () => {
  const [over, under] = [await newRun(), await newRun()];
  const [here, there] = ["aa".repeat(32), "bb".repeat(32)];
  for (const run of [over, under]) for (const identity of [here, there]) await runs.enrol(run.id, identity);
  const end = { state: "stopped", reason: "a test", modelHash: hash("model"), privacy: spentOn(task, []) } as const;
  await runs.end(over.id, { ...end, gates: [] });
  const inDays = (days: number) => new Date(Date.now() + days * 86_400_000);

  await runs.forgetEnded(inDays(29.9));
  expect(await runs.enrolmentsOf(here)).toEqual([over.id, under.id]);
  const size = ledger.size;
  await runs.forgetEnded(inDays(30.1));
  expect(await runs.enrolmentsOf(here)).toEqual([under.id]);
  expect(await runs.enrolmentsOf(there)).toEqual([under.id]);
  await runs.forgetEnded(inDays(31));
  const { entries, problems } = await checkLedger(await ledger.export());
  // Other tests of this file have entries that are none.
  expect(problems.filter((problem) => problem.includes("retention"))).toEqual([]);
  expect(entries.slice(size).map(({ kind, run }) => [kind, run])).toEqual([["retention", over.id]]);
});

test("a run of another version is named, with its data folder, and not half-read", async () => {
  const run = await newRun();
  const { task } = await db.selectFrom("run").select("task").where("id", "=", run.id).executeTakeFirstOrThrow();
  const set = (text: string) => db.updateTable("run").set({ task: text }).where("id", "=", run.id).execute();
  await set(JSON.stringify({ ...JSON.parse(task), model: { hidden: [] } }));
  try {
    await expect(runs.list()).rejects.toThrow(
      `--data-dir: holds the run ${run.id} of another version of Murmur (model: `,
    );
  } finally {
    await set(task);
  }
  expect(await runs.list()).toContainEqual(expect.objectContaining({ id: run.id }));
});
