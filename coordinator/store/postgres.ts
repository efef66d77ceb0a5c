/**
 * A PostgreSQL server as the database. One connection holds the lock, reads and writes: it is lost together with the
 * lock, and never opened anew behind it.
 */
import { setTimeout } from "node:timers/promises";
import { Kysely, PostgresDialect, sql } from "kysely";
import { Client, type ClientConfig, Pool } from "pg";
import { InputError } from "../../shared/errors.ts";
import type { Held } from "./leader.ts";
import type { Database, Schema } from "./schema.ts";

export interface PostgresPlace {
  /** postgres://user@host:port/database */
  url: string;
  /** Called when another process leads and this one is to wait for its end; without it, it is refused. */
  onWait?: () => void;
  /** Ends the waiting */
  signal?: AbortSignal;
  patience?: Patience;
}

/** How long the server may take, ms */
export interface Patience {
  /** Over a connection */
  connect: number;
  /** Over a statement. The longest wait is for a former leader's last transaction. */
  statement: number;
}

/** Between two looks whether the leader is gone, ms */
const lookMs = 250;

const usual: Patience = { connect: 10_000, statement: 30_000 };

/** A leader whose machine is gone lets go after some 25 s: the server asks after it. */
const keepAlive = "-c tcp_keepalives_idle=10 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=3";

/** One leader a schema */
const lockKey = sql`hashtext('murmur leader'), hashtext(current_schema())`;

/** @throws InputError when the server refuses or another process leads */
export async function holdPostgres({ url, onWait, signal, patience = usual }: PostgresPlace): Promise<Held> {
  let closing = false;
  let tell: (reason: string) => void = () => {};
  // A line that was cut tells nothing, and the server may have given the lock to another long ago.
  const { db, pool } = connect(url, patience, () => tell("the database does not answer"));
  pool.on("remove", () => !closing && tell("the connection to the database broke, and with it the lock"));
  const close = async () => {
    closing = true;
    // The server would let go of it by itself, but only after we are told that the connection is closed.
    await sql`select pg_advisory_unlock_all()`.execute(db).catch(() => {});
    await db.destroy();
  };
  try {
    // A predecessor that was killed is gone for the server only a moment later.
    let locked = await tryLock(db);
    for (let tries = 0; !locked && !onWait && tries < 10; tries++) {
      await setTimeout(200);
      locked = await tryLock(db);
    }
    if (!locked) {
      if (!onWait)
        throw new InputError(
          "--database-url",
          `${nameOf(url)} is led by another coordinator`,
          "Stop that one, or start this one with --standby to wait for its end.",
        );
      onWait();
      while (!(await tryLock(db))) await setTimeout(lookMs, undefined, { signal });
    }
  } catch (error) {
    await close();
    throw inWords(error, url);
  }
  const onBreak = (teller: typeof tell) => {
    tell = teller;
  };
  // A server on a full disk says so itself, and takes the transaction back.
  return { db, close, onBreak, trouble: () => undefined };
}

async function tryLock(db: Database): Promise<boolean> {
  const { rows } = await sql<{ locked: boolean }>`select pg_try_advisory_lock(${lockKey}) as locked`.execute(db);
  return rows[0]!.locked;
}

/** To look, not to write: no lock is asked for. @throws InputError when the server refuses */
export async function readPostgres<T>(url: string, read: (db: Database) => Promise<T>): Promise<T> {
  const { db } = connect(url, usual, () => {});
  try {
    return await read(db);
  } catch (error) {
    throw inWords(error, url);
  } finally {
    await db.destroy();
  }
}

function connect(url: string, patience: Patience, onSilence: () => void): { db: Kysely<Schema>; pool: Pool } {
  if (!/^postgres(ql)?:\/\/[^/]/.test(url) || !URL.canParse(url))
    throw new InputError(
      "--database-url",
      "is no address of a PostgreSQL server",
      "Use postgres://user@host/database.",
    );
  const pool = new Pool({
    connectionString: url,
    max: 1,
    idleTimeoutMillis: 0,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    query_timeout: patience.statement,
    options: keepAlive,
    application_name: "murmur",
    // The pool's own limit would also hold for statements that wait for others, and fail them where the server is merely slow.
    Client: class extends Client {
      constructor(config?: ClientConfig) {
        super({ ...config, connectionTimeoutMillis: patience.connect });
      }
    },
  });
  // Without a listener an error of the idle connection would end the process.
  pool.on("error", () => {});
  // Nor an error of one that is in a transaction and waits for nothing.
  pool.on("connect", (client) => client.on("error", () => {}));
  const db = new Kysely<Schema>({
    dialect: new PostgresDialect({ pool }),
    log: (event) => {
      if (event.level === "error" && /^Query read timeout$/.test((event.error as Error).message)) onSilence();
    },
  });
  return { db, pool };
}

/** Never with user or password. */
function nameOf(url: string): string {
  const { host, pathname } = new URL(url);
  return `${host}${pathname}`;
}

/** What the person at the command line can do something about. */
function inWords(error: unknown, url: string): unknown {
  const { code = "", message } = error as { code?: string; message?: string };
  if (
    /^(ECONN|ENOTFOUND|EAI|ETIMEDOUT|EHOST|ENET|28|3D000|42501|53300|57P)/.test(code) ||
    /timeout/.test(message ?? "")
  )
    return new InputError(
      "--database-url",
      `${nameOf(url)} refuses: ${message || code}`,
      "Check that the server runs and knows the user, and that the database exists.",
    );
  return error;
}
