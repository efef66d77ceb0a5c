import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { checkLedger } from "../../shared/ledger/file.ts";
import { checkPromises } from "../../shared/ledger/promises.ts";
import { spentOn } from "../../shared/spent.ts";
import { Line } from "../load/line.ts";
import { openDatabase } from "./database.ts";
import { coordinatorIdentity } from "./keys.ts";
import type { Leader } from "./leader.ts";
import { Ledger } from "./ledger-store.ts";
import type { PostgresPlace } from "./postgres.ts";
import { Runs } from "./runs.ts";
import { type PostgresServer, postgresBinaries, startPostgres } from "./testing/postgres-server.ts";
import { abort, charge, createRun, finish, nextAttempt, open, task } from "./testing/rounds.ts";

describe.skipIf(!postgresBinaries)("on a PostgreSQL server", () => {
  const dataDir = mkdtempSync(join(tmpdir(), "murmur-postgres-store-"));
  let server: PostgresServer;
  beforeAll(async () => {
    server = await startPostgres();
  });
  afterAll(async () => {
    await server?.stop();
    rmSync(dataDir, { recursive: true });
  });

  const openPostgres = (postgres: PostgresPlace) => openDatabase({ dataDir, postgres });
  const storeOf = async (leader: Leader) => {
    const ledger = await Ledger.open(leader, await coordinatorIdentity(dataDir));
    return { ledger, runs: new Runs(leader, ledger) };
  };
  /** What the former leader does behind its own back when a proxy between it and the server swaps its connection. */
  const letGo = (leader: Leader) => sql`select pg_advisory_unlock_all()`.execute(leader.db);

  test("the same rounds are kept as in the embedded database, to the bit, over a restart", async () => {
    const url = await server.newDatabase();
    const first = await openDatabase({ dataDir, postgres: { url } });
    const { runs, ledger } = await storeOf(first);
    const run = await createRun(runs, "r");
    for (let i = 0; i < 3; i++) {
      const attempt = await nextAttempt(runs, run);
      await open(runs, run, attempt);
      await charge(runs, run, attempt);
      if (i === 1) await abort(runs, run, attempt);
      else await finish(runs, run, attempt);
    }
    const under = await nextAttempt(runs, run);
    await open(runs, run, under);
    await runs.enrol("r", "ab".repeat(32));
    await runs.withdraw("r", "ab".repeat(32), new Date().toISOString());
    const before = [await runs.loadState("r"), await ledger.checkpoint()];
    await first.close();

    const second = await openDatabase({ dataDir, postgres: { url } });
    const again = await storeOf(second);
    expect([await again.runs.loadState("r"), await again.ledger.checkpoint()]).toEqual(before);
    await again.runs.abortInterrupted((_, charges) => spentOn(task, charges));
    const { entries, problems } = await checkLedger(await again.ledger.export());
    expect(problems).toEqual([]);
    expect(checkPromises(entries)).toEqual([]);
    expect(entries.at(-1)).toMatchObject({ kind: "abort", record: { reason: "coordinator-restarted" } });
    expect(await again.runs.list()).toEqual([run]);
    await second.close();
  });

  test("a second coordinator is refused in plain words, or waits for the first one's end", async () => {
    const url = await server.newDatabase();
    const first = await openPostgres({ url });
    await expect(openPostgres({ url })).rejects.toThrow(/^--database-url: 127\.0\.0\.1:\d+\/test\d+ is led by another/);
    let waits = 0;
    let entered = false;
    const second = openPostgres({ url, onWait: () => waits++ }).then((leader) => {
      entered = true;
      return leader;
    });
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect([waits, entered]).toEqual([1, false]);
    await first.close();
    await (await second).close();
  });

  test("of two that believe to lead, the former one writes nothing any more: its term is over", async () => {
    const url = await server.newDatabase();
    const former = await openPostgres({ url });
    const { runs, ledger } = await storeOf(former);
    const run = await createRun(runs, "r");
    const attempt = await nextAttempt(runs, run);
    await open(runs, run, attempt);
    await letGo(former);

    const leader = await openPostgres({ url });
    const now = await storeOf(leader);
    const size = ledger.size;
    const lost = "another process leads on this database";
    await expect(charge(runs, run, attempt)).rejects.toThrow(lost);
    await expect(runs.setState("r", "failed")).rejects.toThrow(lost);
    await expect(runs.enrol("r", "cd".repeat(32))).rejects.toThrow(lost);
    expect(await former.lost).toBe(lost);
    expect(await runs.charges("r")).toEqual([]);
    expect((await runs.list())[0]!.state).toBe("waiting");
    expect(await server.query(url, "select * from enrolment")).toEqual([]);

    // And the new one finds the ledger as it was left, with nothing in its way.
    expect(now.ledger.size).toBe(size);
    await charge(now.runs, run, attempt);
    expect(await now.runs.charges("r")).toHaveLength(1);
    await Promise.all([former.close(), leader.close()]);
  });

  test("who takes over waits for a commit that is under way, and sees it", async () => {
    const url = await server.newDatabase();
    const former = await openPostgres({ url });
    const { runs } = await storeOf(former);
    await createRun(runs, "r");
    await letGo(former);
    let taken: Promise<Leader> | undefined;
    let over = false;
    await former.write(async (tx) => {
      taken = openPostgres({ url }).finally(() => {
        over = true;
      });
      await new Promise((resolve) => setTimeout(resolve, 300));
      expect(over).toBe(false);
      await tx.updateTable("run").set({ reason: "in time" }).execute();
    });
    const leader = await taken!;
    expect((await (await storeOf(leader)).runs.list())[0]!.reason).toBe("in time");
    await Promise.all([former.close(), leader.close()]);
  });

  test("a connection that breaks takes the lock with it: the process is told, and does not connect again behind it", async () => {
    const url = await server.newDatabase();
    const former = await openPostgres({ url });
    const { runs } = await storeOf(former);
    await createRun(runs, "r");
    await server.query(
      url,
      "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'murmur' and datname = current_database()",
    );
    expect(await former.lost).toMatch("the connection to the database broke");
    await expect(runs.setState("r", "failed")).rejects.toThrow("the connection to the database broke");
    const leader = await openPostgres({ url });
    expect((await (await storeOf(leader)).runs.list())[0]!.state).toBe("waiting");
    await Promise.all([former.close(), leader.close()]);
  });

  test("a connection that breaks between two statements of a transaction takes the lead away, and does not end the process", async () => {
    const url = await server.newDatabase();
    const leader = await openPostgres({ url });
    const written = leader.write(async () => {
      await server.query(
        url,
        "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'murmur' and datname = current_database()",
      );
      // Whatever the broken connection does to this process, it does now.
      await new Promise((resolve) => setTimeout(resolve, 300));
    });
    await expect(written).rejects.toThrow();
    expect(await leader.lost).toMatch("the database");
    await leader.close();
  });

  test("a line that is cut without a word takes the lead away with the first statement that is not answered", async () => {
    const { line, address } = await Line.to(await server.newDatabase());
    for (const ask of [
      (leader: Leader) => leader.db.selectFrom("leader").select("term").execute(),
      (leader: Leader) => leader.write((tx) => tx.selectFrom("run").select("id").execute()),
    ]) {
      const leader = await openPostgres({ url: address, patience: { connect: 5_000, statement: 400 } });
      line.cut();
      const began = performance.now();
      await expect(ask(leader)).rejects.toThrow("Query read timeout");
      expect(await leader.lost).toBe("the database does not answer");
      expect(performance.now() - began).toBeGreaterThan(350);
      await expect(leader.write(async () => {})).rejects.toThrow("the database does not answer");
      line.mend();
      await leader.close();
    }
  });

  test("a statement waits for those before it, however slow the server is, and no longer than they take", async () => {
    const patience = { connect: 300, statement: 5_000 };
    const leader = await openPostgres({ url: await server.newDatabase(), patience });
    const began = performance.now();
    const slow = () => sql`select pg_sleep(0.5)`.execute(leader.db);
    await Promise.all([
      slow(),
      slow(),
      slow(),
      leader.write(async (tx) => tx.selectFrom("run").select("id").execute()),
    ]);
    expect(performance.now() - began).toBeGreaterThan(1_400);
    await leader.close();
  });

  test("a ledger that another key has signed is not gone on with", async () => {
    const url = await server.newDatabase();
    const leader = await openPostgres({ url });
    await storeOf(leader);
    await expect(Ledger.open(leader, await coordinatorIdentity(join(dataDir, "other")))).rejects.toThrow(
      "coordinator.key: is not the key that signed this ledger",
    );
    await leader.close();
  });

  test("what cannot be reached is said without the password", async () => {
    const url = new URL(await server.newDatabase());
    url.password = "hush";
    url.pathname = "/nowhere";
    const refused = openPostgres({ url: url.href });
    await expect(refused).rejects.toThrow(/^--database-url: 127\.0\.0\.1:\d+\/nowhere refuses: .* does not exist/);
    await expect(refused).rejects.not.toThrow("hush");
    url.port = "1";
    await expect(openPostgres({ url: url.href })).rejects.toThrow(/--database-url: .* refuses: .*ECONNREFUSED/);
    for (const wrong of ["mysql://a/b", "postgres:", "x"])
      await expect(openPostgres({ url: wrong })).rejects.toThrow("is no address of a PostgreSQL server");
  });
});
