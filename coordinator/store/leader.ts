/**
 * One process at a time may write. A lock says who (lock.ts beside the embedded database, an advisory lock of a PostgreSQL
 * server), and a term makes sure: whoever takes over counts it up, and every transaction first holds the term it was
 * started under against the one that stands there. So a process that lost its lock without noticing writes nothing.
 */
import { sql } from "kysely";
import { migrate } from "./migrations.ts";
import type { Database, Tx } from "./schema.ts";

/** A database whose lock this process has. */
export interface Held {
  readonly db: Database;
  /** Calls back when the connection is gone, and with it the lock */
  onBreak(tell: (reason: string) => void): void;
  /** Why nothing should be written now; undefined when all is well */
  trouble(): string | undefined;
  close(): Promise<void>;
}

export interface Leader {
  readonly db: Database;
  /** All of it, or nothing; and nothing at all once another leads. */
  write<T>(work: (tx: Tx) => Promise<T>): Promise<T>;
  /** Resolves when this process may not write any more, with the reason in words. */
  readonly lost: Promise<string>;
  close(): Promise<void>;
}

export class LeadershipLost extends Error {}

/** Takes over: from the commit on, no transaction of a former leader goes through. */
export async function lead({ db, onBreak, trouble, close }: Held): Promise<Leader> {
  await migrate(db);
  // Waits for a transaction of the former leader that has passed its check.
  const { term } = await db
    .updateTable("leader")
    .set({ term: sql`term + 1` })
    .returning("term")
    .executeTakeFirstOrThrow();
  let reason: string | undefined;
  let tell: (reason: string) => void = () => {};
  const lost = new Promise<string>((resolve) => {
    tell = resolve;
  });
  const lose = (why: string) => {
    reason ??= why;
    tell(reason);
  };
  onBreak(lose);
  const write = async <T>(work: (tx: Tx) => Promise<T>): Promise<T> => {
    const why = trouble();
    if (why !== undefined) lose(why);
    if (reason !== undefined) throw new LeadershipLost(reason);
    let worked = false;
    try {
      return await db.transaction().execute(async (tx) => {
        const now = await tx.selectFrom("leader").select("term").forShare().executeTakeFirstOrThrow();
        if (now.term !== term) {
          lose("another process leads on this database");
          throw new LeadershipLost(reason);
        }
        const result = await work(tx);
        worked = true;
        return result;
      });
    } catch (error) {
      // Whether the commit was done is not known here; the next start reads what is true.
      if (worked) lose(`the database did not confirm a commit: ${(error as Error).message}`);
      throw error;
    }
  };
  return { db, write, lost, close };
}
