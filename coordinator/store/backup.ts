/**
 * All that a coordinator knows in one file, its keys included, and back again: gzipped lines of JSON, a header, a line a row,
 * a footer with the hash of all before. The same file goes into an embedded database and onto a server.
 */
import { createHash } from "node:crypto";
import { closeSync, fsyncSync, openSync, readFileSync, rmSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { z } from "zod";
import { toHex } from "../../shared/canonical.ts";
import { InputError } from "../../shared/errors.ts";
import { signCheckpoint } from "../../shared/ledger/checkpoint.ts";
import { checkLedger } from "../../shared/ledger/file.ts";
import { leafHash, MerkleTree } from "../../shared/ledger/tree.ts";
import { holdDatabase, type Place, readDatabase } from "./database.ts";
import { coordinatorIdentity, readKeys, restoreKeys } from "./keys.ts";
import { migrate, migrationsOf } from "./migrations.ts";
import type { Database, Tx } from "./schema.ts";

/** In an order in which every row finds what it refers to. What is not listed here is made anew at a start. */
const tables = {
  run: ["id"],
  round: ["sequence"],
  ledger_leaf: ["position"],
  enrolment: ["run", "identity"],
  invitation: ["run", "hash"],
} as const;
type Table = keyof typeof tables;

const headerSchema = z.strictObject({
  format: z.literal("murmur-backup/1"),
  createdAt: z.iso.datetime(),
  /** Last migration that the tables have had */
  schema: z.string(),
  /** Ed25519, hex */
  publicKey: z.string(),
  /** Signed over the ledger as it is in here */
  checkpoint: z.string(),
  keys: z.strictObject({ "coordinator.key": z.string(), "operator.key": z.string(), "researcher.key": z.string() }),
});
const value = z.union([z.string(), z.number(), z.boolean(), z.null(), z.strictObject({ base64: z.string() })]);
const rowSchema = z.strictObject({
  table: z.enum(Object.keys(tables) as Table[]),
  row: z.record(z.string(), value),
});
const footerSchema = z.strictObject({ rows: z.int(), sha256: z.string() });

export interface BackupSummary {
  createdAt: string;
  runs: number;
  ledgerEntries: number;
}

/** Rows that are held in memory at a time */
const page = 200;

/** @throws InputError when the file is there, or the embedded database is in use */
export async function backUp(place: Place, file: string): Promise<BackupSummary> {
  const keys = readKeys(place.dataDir);
  const identity = await coordinatorIdentity(place.dataDir);
  // For its owner only, and nobody's older backup is written over.
  const handle = create(file);
  try {
    const hash = createHash("sha256");
    let rows = 0;
    let waiting = "";
    // A gzip file may have many members: no more than a megabyte has to be held together for it.
    const flush = () => {
      writeSync(handle, gzipSync(waiting));
      waiting = "";
    };
    const write = (line: object) => {
      const text = `${JSON.stringify(line)}\n`;
      hash.update(text);
      waiting += text;
      if (waiting.length > 2 ** 20) flush();
    };
    const createdAt = new Date().toISOString();
    const summary = await readDatabase(place, (db) =>
      // One moment for all tables, though their coordinator may be writing.
      db
        .transaction()
        .setIsolationLevel("repeatable read")
        .execute(async (tx) => {
          const schema = (await migrationsOf(tx)).at(-1);
          if (!schema) throw new InputError("--data-dir", "or its database is empty", "There is nothing to back up.");
          const tree = new MerkleTree();
          for await (const { body } of rowsOf(tx, "ledger_leaf")) tree.push(await leafHash(Buffer.from(String(body))));
          const head = { size: tree.size, root: await tree.root() };
          write({
            format: "murmur-backup/1",
            createdAt,
            schema,
            publicKey: toHex(identity.publicKey),
            checkpoint: await signCheckpoint(head, identity.publicKey, identity),
            keys,
          } satisfies z.infer<typeof headerSchema>);
          let runs = 0;
          const known = (await tx.introspection.getTables()).map(({ name }) => name);
          for (const table of (Object.keys(tables) as Table[]).filter((name) => known.includes(name)))
            for await (const row of rowsOf(tx, table)) {
              write({ table, row: Object.fromEntries(Object.entries(row).map(([k, v]) => [k, plain(v)])) });
              rows++;
              if (table === "run") runs++;
            }
          return { createdAt, runs, ledgerEntries: tree.size };
        }),
    );
    write({ rows, sha256: hash.copy().digest("hex") });
    flush();
    fsyncSync(handle);
    return summary;
  } catch (error) {
    // Half a backup is none.
    rmSync(file, { force: true });
    throw error;
  } finally {
    closeSync(handle);
  }
}

/**
 * Into a place where nothing is yet. All of it is checked before anything of it stays: the file's hash, the ledger's
 * signature and history.
 * @throws InputError for a damaged file, or a place that is in use
 */
export async function restore(file: string, place: Place): Promise<BackupSummary> {
  const { header, rows } = open(file);
  const leaves = rows.filter(({ table }) => table === "ledger_leaf").map(({ row }) => String(row.body));
  const { publicKey, checkpoint, createdAt } = header;
  const { problems } = await checkLedger({ publicKey, checkpoint, leaves });
  if (problems.length > 0) throw damaged(file, `its ledger does not hold: ${problems[0]}`);

  restoreKeys(place.dataDir, header.keys);
  const held = await holdDatabase(place);
  try {
    if ((await migrationsOf(held.db)).length > 0)
      throw new InputError("--data-dir", "or its database is not empty", "Restore into an empty folder or database.");
    await migrate(held.db, header.schema);
    await held.db.transaction().execute(async (tx) => {
      for (const { table, row } of rows)
        await (tx as Tx)
          .insertInto(table)
          .values(Object.fromEntries(Object.entries(row).map(([k, v]) => [k, bytesAgain(v)])) as never)
          .execute();
    });
    await migrate(held.db);
  } finally {
    await held.close();
  }
  return { createdAt, runs: rows.filter(({ table }) => table === "run").length, ledgerEntries: leaves.length };
}

async function* rowsOf(tx: Tx | Database, table: Table): AsyncGenerator<Record<string, unknown>> {
  for (let offset = 0; ; offset += page) {
    const rows: Record<string, unknown>[] = await tx
      .selectFrom(table)
      .selectAll()
      .$call((query) => tables[table].reduce((q, column) => q.orderBy(column as never), query))
      .limit(page)
      .offset(offset)
      .execute();
    yield* rows;
    if (rows.length < page) return;
  }
}

const plain = (value: unknown) =>
  value instanceof Uint8Array ? { base64: Buffer.from(value).toString("base64") } : value;

const bytesAgain = (plain: z.infer<typeof value>) =>
  typeof plain === "object" && plain !== null ? new Uint8Array(Buffer.from(plain.base64, "base64")) : plain;

function create(file: string): number {
  try {
    return openSync(file, "wx", 0o600);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EEXIST") throw new InputError("--out", `${file} is there already`, "Choose another name.");
    throw new InputError("--out", `${file} cannot be written (${code})`, `Make ${dirname(file)} writable.`);
  }
}

function open(file: string) {
  let text: string;
  try {
    text = gunzipSync(readFileSync(file)).toString("utf8");
  } catch (error) {
    throw damaged(file, (error as Error).message);
  }
  const lines = text.split("\n").slice(0, -1);
  try {
    const header = headerSchema.parse(JSON.parse(lines[0] ?? ""));
    const rows = lines.slice(1, -1).map((line) => rowSchema.parse(JSON.parse(line)));
    const { sha256, rows: count } = footerSchema.parse(JSON.parse(lines.at(-1)!));
    const found = createHash("sha256")
      .update(
        lines
          .slice(0, -1)
          .map((line) => `${line}\n`)
          .join(""),
      )
      .digest("hex");
    if (found === sha256 && count === rows.length) return { header, rows };
  } catch {
    // Said below.
  }
  throw damaged(file, "it is cut short or changed, or no backup of Murmur's");
}

const damaged = (file: string, problem: string) =>
  new InputError("FILE", `${file} cannot be restored: ${problem}`, "Use another copy of the backup.");
