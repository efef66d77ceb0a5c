/**
 * The embedded database: PostgreSQL in WebAssembly (PGlite), in a folder that one process at a time has to itself.
 * Survives kill −9 of the process; nothing is claimed for a power cut.
 */
import { fsyncSync, mkdirSync, statfsSync } from "node:fs";
import { join } from "node:path";
import { PGlite } from "@electric-sql/pglite";
import { Kysely } from "kysely";
import { PGliteDialect } from "kysely-pglite-dialect";
import { InputError } from "../../shared/errors.ts";
import type { Held } from "./leader.ts";
import { lockFolder } from "./lock.ts";
import type { Schema } from "./schema.ts";

/** @throws InputError while another process has the folder */
export async function holdEmbedded(dataDir: string): Promise<Held> {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const folder = embeddedFolder(dataDir);
  const trouble = () => nearlyFull(dataDir);
  const full = trouble();
  if (full) throw new InputError("--data-dir", full, "Make room, or choose a folder on another disk.");
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
    const close = async () => {
      await db.destroy();
      if (!pglite.closed) await pglite.close();
      unlock();
    };
    // A database in this very process breaks with it.
    return { db, close, trouble, onBreak: () => {} };
  } catch (error) {
    // The lock goes last: until then nobody else may open what is still open here.
    await opened?.close().catch(() => {});
    unlock();
    throw error;
  }
}

/** Bytes that stay free */
const spareBytes = 2 ** 26;

/**
 * PostgreSQL panics when the disk is full in the middle of a commit, and the embedded one then spins for ever. Nothing that was
 * acknowledged is lost, but nobody would be told.
 */
function nearlyFull(dataDir: string): string | undefined {
  const { bavail, bsize } = statfsSync(dataDir);
  return bavail * bsize < spareBytes ? `${dataDir} has less than ${spareBytes / 2 ** 20} MB of room left` : undefined;
}

export const embeddedFolder = (dataDir: string): string => join(dataDir, "database");

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
