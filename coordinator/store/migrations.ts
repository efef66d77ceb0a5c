/** The tables, in order of their coming; forward only. SQL that PGlite and PostgreSQL both take. */
import { type Kysely, Migrator, sql } from "kysely";
import { InputError } from "../../shared/errors.ts";

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
  "2026-11-26-once": {
    async up(db: Kysely<unknown>): Promise<void> {
      await db.schema
        .createTable("invitation")
        .addColumn("run", "text", (c) => c.notNull().references("run.id"))
        .addColumn("hash", "text", (c) => c.notNull())
        .addColumn("identity", "text")
        .addColumn("spent", "boolean", (c) => c.notNull())
        .addPrimaryKeyConstraint("invitation_key", ["run", "hash"])
        .execute();
    },
  },
  "2026-11-26-correlated": {
    async up(db: Kysely<unknown>): Promise<void> {
      await db.schema.alterTable("run").addColumn("correlated", "bytea").execute();
    },
  },
  "2026-11-27-retention": {
    async up(db: Kysely<unknown>): Promise<void> {
      await db.schema.alterTable("run").addColumn("ended_at", "text").execute();
      // When older runs ended is not known: their participants have waited long enough.
      await sql`update run set ended_at = created_at where state in ('finished', 'stopped', 'failed')`.execute(db);
    },
  },
};

// biome-ignore lint/suspicious/noExplicitAny: Kysely's Migrator takes a database of any schema.
type AnyDatabase = Kysely<any>;

const migratorOf = (db: AnyDatabase) => new Migrator({ db, provider: { getMigrations: async () => migrations } });

/**
 * Brings the tables up to this version, or up to the migration `to`.
 * @throws InputError when a newer version has been at them
 */
export async function migrate(db: AnyDatabase, to?: string): Promise<void> {
  const unknown = [...(await migrationsOf(db)), ...(to === undefined ? [] : [to])].find(
    (name) => !(name in migrations),
  );
  if (unknown !== undefined)
    throw new InputError(
      "--data-dir",
      `or its database was written by a newer version of Murmur (${unknown})`,
      "Use that version; there is no way back.",
    );
  const { error } = to === undefined ? await migratorOf(db).migrateToLatest() : await migratorOf(db).migrateTo(to);
  if (error) throw error;
}

/** Names of the migrations that a database has had, in their order; none for an empty one */
export async function migrationsOf(db: AnyDatabase): Promise<string[]> {
  const tables = await db.introspection.getTables({ withInternalKyselyTables: true });
  if (!tables.some(({ name }) => name === "kysely_migration")) return [];
  const rows = await db.selectFrom("kysely_migration").select("name").orderBy("name").execute();
  return rows.map(({ name }) => name as string);
}
