/**
 * The embedded database: PostgreSQL in WebAssembly (PGlite) behind Kysely, so that the same SQL runs on a PostgreSQL
 * server later. Survives kill −9 of the process; nothing is claimed for a power cut.
 */
import { fsyncSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { PGlite } from "@electric-sql/pglite";
import { Kysely, type Transaction } from "kysely";
import { PGliteDialect } from "kysely-pglite-dialect";
import { lockFolder } from "./lock.ts";
import { migrate } from "./migrations.ts";

export interface Schema {
  run: {
    id: string;
    state: string;
    reason: string | null;
    /** Canonical JSON */
    task: string;
    task_hash: string;
    invite: string;
    seed: number;
    /** ISO 8601 */
    created_at: string;
    /** Index of the run's own ledger entry */
    entry: number;
    /** Attempt at which the next round starts */
    attempt: number;
    parameters: Uint8Array;
    velocity: Uint8Array;
    average_sum: Uint8Array;
    averaged: number;
    /** JSON */
    controller: string;
    witness: string;
    profile: string | null;
  };
  round: {
    run: string;
    round: number;
    attempt: number;
    question: string;
    state: "open" | "charged" | "finished" | "aborted";
    /** JSON Charge, from the moment it was charged */
    charge: string | null;
    /** JSON RoundRecord, when it is over */
    record: string | null;
    /** Order of events over all attempts */
    sequence: number;
  };
  ledger_leaf: { position: number; body: string };
  enrolment: { run: string; identity: string; enrolled_at: string };
}

export type Database = Kysely<Schema>;
export type Tx = Transaction<Schema>;

export async function openDatabase(dataDir: string): Promise<{ db: Database; close(): Promise<void> }> {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const folder = join(dataDir, "database");
  const unlock = lockFolder(folder);
  let opened: PGlite | undefined;
  try {
    const pglite = new PGlite({
      dataDir: folder,
      // By default PGlite starts PostgreSQL with -F: no fsync at all.
      startParams: [
        ...PGlite.defaultStartParams.filter((p) => p !== "-F"),
        "-c",
        "fsync=on",
        "-c",
        "wal_sync_method=fsync",
      ],
    });
    opened = pglite;
    await pglite.waitReady;
    syncForReal(pglite);
    const db = new Kysely<Schema>({ dialect: new PGliteDialect(pglite) });
    await migrate(db);
    return {
      db,
      close: async () => {
        await db.destroy();
        if (!pglite.closed) await pglite.close();
        unlock();
      },
    };
  } catch (error) {
    // The lock goes last: until then nobody else may open what is still open here.
    await opened?.close().catch(() => {});
    unlock();
    throw error;
  }
}

interface EmscriptenStream {
  nfd?: number | null;
}

/** Emscripten's NODEFS has no fsync: PostgreSQL's calls would end in nothing. This one reaches the disk. */
function syncForReal(pglite: PGlite): void {
  const module = (
    pglite as unknown as {
      Module: {
        FS: { lookupPath(path: string): { node: { mount: { type: { stream_ops: Record<string, unknown> } } } } };
      };
    }
  ).Module;
  const operations = module.FS.lookupPath("/pglite/data").node.mount.type.stream_ops;
  operations.fsync = (stream: EmscriptenStream): number => {
    if (stream.nfd != null) fsyncSync(stream.nfd);
    return 0;
  };
}
