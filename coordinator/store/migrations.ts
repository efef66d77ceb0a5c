/** The tables, in order of their coming; forward only. SQL that PGlite and PostgreSQL both take. */
import { type Kysely, Migrator, sql } from "kysely";

const migrations = {
  "2026-11-23-first": {
    async up(db: Kysely<unknown>): Promise<void> {
      await db.schema
        .createTable("run")
        .addColumn("id", "text", (c) => c.primaryKey())
        .addColumn("state", "text", (c) => c.notNull())
        .addColumn("reason", "text")
        .addColumn("task", "text", (c) => c.notNull())
        .addColumn("task_hash", "text", (c) => c.notNull())
        .addColumn("invite", "text", (c) => c.notNull())
        .addColumn("seed", "double precision", (c) => c.notNull())
        .addColumn("created_at", "text", (c) => c.notNull())
        .addColumn("entry", "integer", (c) => c.notNull())
        .addColumn("attempt", "integer", (c) => c.notNull())
        .addColumn("parameters", "bytea", (c) => c.notNull())
        .addColumn("velocity", "bytea", (c) => c.notNull())
        .addColumn("average_sum", "bytea", (c) => c.notNull())
        .addColumn("averaged", "integer", (c) => c.notNull())
        .addColumn("controller", "text", (c) => c.notNull())
        .addColumn("witness", "text", (c) => c.notNull())
        .addColumn("profile", "text")
        .execute();
      await db.schema
        .createTable("round")
        .addColumn("run", "text", (c) => c.notNull().references("run.id"))
        .addColumn("round", "integer", (c) => c.notNull())
        .addColumn("attempt", "integer", (c) => c.notNull())
        .addColumn("question", "text", (c) => c.notNull())
        .addColumn("state", "text", (c) => c.notNull())
        .addColumn("charge", "text")
        .addColumn("record", "text")
        .addColumn("sequence", "integer", (c) => c.notNull())
        .addPrimaryKeyConstraint("round_key", ["run", "round", "attempt"])
        .execute();
      await db.schema
        .createTable("ledger_leaf")
        .addColumn("position", "integer", (c) => c.primaryKey())
        .addColumn("body", "text", (c) => c.notNull())
        .execute();
      await db.schema
        .createTable("enrolment")
        .addColumn("run", "text", (c) => c.notNull().references("run.id"))
        .addColumn("identity", "text", (c) => c.notNull())
        .addColumn("enrolled_at", "text", (c) => c.notNull())
        .addPrimaryKeyConstraint("enrolment_key", ["run", "identity"])
        .execute();
    },
  },
  "2026-11-26-leader": {
    async up(db: Kysely<unknown>): Promise<void> {
      await db.schema
        .createTable("leader")
        .addColumn("term", "integer", (c) => c.notNull())
        .addColumn("coordinator_key", "text")
        .execute();
      await sql`insert into leader (term) values (0)`.execute(db);
    },
  },
};

// biome-ignore lint/suspicious/noExplicitAny: Kysely's Migrator takes a database of any schema.
export async function migrate(db: Kysely<any>): Promise<void> {
  const migrator = new Migrator({ db, provider: { getMigrations: async () => migrations } });
  const { error } = await migrator.migrateToLatest();
  if (error) throw error;
}
