import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { checkLedger } from "../../shared/ledger/file.ts";
import { checkPromises } from "../../shared/ledger/promises.ts";
import { spentOn } from "../../shared/spent.ts";
import { backUp, restore } from "./backup.ts";
import { holdDatabase, openDatabase, type Place } from "./database.ts";
import { accessKey, coordinatorIdentity, keyFiles } from "./keys.ts";
import { Ledger } from "./ledger-store.ts";
import { migrate } from "./migrations.ts";
import { Runs } from "./runs.ts";
import { type PostgresServer, postgresBinaries, startPostgres } from "./testing/postgres-server.ts";
import { abort, charge, createRun, finish, nextAttempt, open, task } from "./testing/rounds.ts";

const folder = mkdtempSync(join(tmpdir(), "murmur-backup-"));
const first = join(folder, "first");
const file = join(folder, "backup");
const somebody = "ab".repeat(32);
afterAll(() => rmSync(folder, { recursive: true }));

async function opened(place: Place) {
  for (const role of ["operator", "researcher"] as const) accessKey(place.dataDir, role);
  const leader = await openDatabase(place);
  const ledger = await Ledger.open(leader, await coordinatorIdentity(place.dataDir));
  return { leader, ledger, runs: new Runs(leader, ledger) };
}

async function rounds(runs: Runs): Promise<void> {
  const run = (await runs.list())[0] ?? (await createRun(runs, "r"));
  for (let i = 0; i < 3; i++) {
    const attempt = await nextAttempt(runs, run);
    await open(runs, run, attempt);
    await charge(runs, run, attempt);
    await (i === 1 ? abort : finish)(runs, run, attempt);
  }
}

/** What is kept, and under which head */
async function everything(place: Place) {
  const { leader, ledger, runs } = await opened(place);
  const kept = {
    checkpoint: await ledger.checkpoint(),
    state: await runs.loadState("r"),
    records: await runs.records("r"),
    charges: await runs.charges("r"),
    enrolments: await leader.db.selectFrom("enrolment").selectAll().execute(),
    keys: keyFiles.map((name) => readFileSync(join(place.dataDir, name), "utf8")),
  };
  await leader.close();
  return kept;
}

beforeAll(async () => {
  const { leader, runs } = await opened({ dataDir: first });
  await rounds(runs);
  // More than a page of rows
  for (let i = 0; i < 450; i++) await runs.enrol("r", i.toString(16).padStart(64, "0"));
  await runs.enrol("r", somebody);
  // Under way when the backup is made: as after a crash.
  const run = (await runs.list())[0]!;
  await open(runs, run, await nextAttempt(runs, run));
  await leader.close();
  await backUp({ dataDir: first }, file);
});

test("restored elsewhere, everything is there to the bit, goes on, and its ledger holds", async () => {
  const place = { dataDir: join(folder, "second") };
  const before = await everything({ dataDir: first });
  expect(await restore(file, place)).toMatchObject({ runs: 1, ledgerEntries: 11 });
  expect(await everything(place)).toEqual(before);
  expect(before.enrolments).toHaveLength(451);

  const { leader, ledger, runs } = await opened(place);
  await runs.abortInterrupted((_, charges) => spentOn(task, charges));
  await rounds(runs);
  const { entries, problems } = await checkLedger(await ledger.export());
  expect(problems).toEqual([]);
  expect(checkPromises(entries)).toEqual([]);
  await leader.close();
});

test("a backup is its owner's alone, and no file or place is written over", async () => {
  expect(statSync(file).mode & 0o777).toBe(0o600);
  await expect(backUp({ dataDir: first }, file)).rejects.toThrow("--out: ");
  await expect(restore(file, { dataDir: first })).rejects.toThrow("is not empty");
  const other = join(folder, "other");
  await coordinatorIdentity(other);
  await expect(restore(file, { dataDir: other })).rejects.toThrow("holds another coordinator.key");
  await expect(backUp({ dataDir: join(folder, "none") }, join(folder, "x"))).rejects.toThrow(
    "holds no coordinator.key",
  );
  const { leader } = await opened({ dataDir: first });
  await expect(backUp({ dataDir: first }, join(folder, "x"))).rejects.toThrow("is in use");
  expect(readdirSync(folder)).not.toContain("x");
  await leader.close();
});

test("cut short, changed or of another ledger, it is refused, and nothing is left behind", async () => {
  const lines = gunzipSync(readFileSync(file)).toString().split("\n");
  const write = (changed: string[]) => {
    writeFileSync(join(folder, "bad"), gzipSync(changed.join("\n")));
    return join(folder, "bad");
  };
  const place = { dataDir: join(folder, "nothing") };
  const swapped = [...lines];
  [swapped[2], swapped[3]] = [swapped[3]!, swapped[2]!];
  for (const changed of [lines.slice(0, 5), lines.slice(0, -2), swapped, [], ["{}", "{}", ""]])
    await expect(restore(write(changed), place)).rejects.toThrow("cannot be restored");
  writeFileSync(join(folder, "bad"), readFileSync(file).subarray(0, 1000));
  await expect(restore(join(folder, "bad"), place)).rejects.toThrow("cannot be restored");
  expect(readdirSync(folder)).not.toContain("nothing");
});

test("who was erased is in no backup made after it; the ledger says that somebody withdrew", async () => {
  const { leader, ledger, runs } = await opened({ dataDir: first });
  expect(await runs.enrolmentsOf(somebody)).toEqual(["r"]);
  await runs.withdraw("r", somebody, new Date().toISOString());
  const { problems } = await checkLedger(await ledger.export());
  expect(problems).toEqual([]);
  await leader.close();
  const later = join(folder, "later");
  await backUp({ dataDir: first }, later);
  expect(gunzipSync(readFileSync(file)).includes(somebody)).toBe(true);
  const text = gunzipSync(readFileSync(later)).toString();
  expect(text).not.toContain(somebody);
  expect(text).toContain("withdrawal");
});

test("tables of the first version are brought up to date with what is in them; those of a later one are left alone", async () => {
  const place = { dataDir: join(folder, "old") };
  for (const name of ["operator", "researcher"] as const) accessKey(place.dataDir, name);
  const held = await holdDatabase(place);
  await migrate(held.db, "2026-11-23-first");
  await sql`insert into ledger_leaf (position, body) values (0, 'old')`.execute(held.db);
  await held.close();
  const { leader, ledger } = await opened(place);
  expect(ledger.size).toBe(1);
  await sql`insert into kysely_migration (name, timestamp) values ('2099-01-01-later', '')`.execute(leader.db);
  await leader.close();
  await expect(openDatabase(place)).rejects.toThrow(
    "--data-dir: or its database was written by a newer version of Murmur (2099-01-01-later)",
  );
});

describe.skipIf(!postgresBinaries)("from and to a PostgreSQL server", () => {
  let server: PostgresServer;
  beforeAll(async () => {
    server = await startPostgres();
  });
  afterAll(() => server?.stop());

  test("a server is backed up beside its leader, and what was embedded moves onto a server", async () => {
    const place = { dataDir: join(folder, "on-server"), postgres: { url: await server.newDatabase() } };
    await restore(file, place);
    const { leader, ledger, runs } = await opened(place);
    await runs.abortInterrupted((_, charges) => spentOn(task, charges));
    const writing = rounds(runs);
    await backUp(place, join(folder, "from-server"));
    await writing;
    await leader.close();
    const other = { dataDir: join(folder, "elsewhere"), postgres: { url: await server.newDatabase() } };
    const { ledgerEntries } = await restore(join(folder, "from-server"), other);
    expect(ledgerEntries).toBeGreaterThanOrEqual(12);
    expect(ledgerEntries).toBeLessThanOrEqual(ledger.size);
    expect((await everything(other)).keys).toEqual((await everything(place)).keys);
  });

  test("a backup of the first version's tables is restored, too", async () => {
    const lines = gunzipSync(readFileSync(file)).toString().split("\n");
    const header = { ...JSON.parse(lines[0]!), schema: "2026-11-23-first" };
    // The first version's runs had no column for correlated noise, nor for their end.
    const rows = lines.slice(1, -2).map((line) => {
      const { table, row } = JSON.parse(line);
      if (table === "run") for (const column of ["correlated", "ended_at"]) delete row[column];
      return JSON.stringify({ table, row });
    });
    const body = [JSON.stringify(header), ...rows].map((line) => `${line}\n`).join("");
    const footer = { ...JSON.parse(lines.at(-2)!), sha256: createHash("sha256").update(body).digest("hex") };
    writeFileSync(join(folder, "old-backup"), gzipSync(`${body}${JSON.stringify(footer)}\n`));
    const place = { dataDir: join(folder, "from-old"), postgres: { url: await server.newDatabase() } };
    await restore(join(folder, "old-backup"), place);
    expect((await everything(place)).records).toHaveLength(3);
  });
});
