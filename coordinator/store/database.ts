/** What is kept, and where: in the embedded database, or on a PostgreSQL server. The same SQL runs on both. */
import { existsSync } from "node:fs";
import { InputError } from "../../shared/errors.ts";
import { embeddedFolder, holdEmbedded } from "./embedded.ts";
import { type Held, type Leader, lead } from "./leader.ts";
import { holdPostgres, type PostgresPlace, readPostgres } from "./postgres.ts";
import type { Database } from "./schema.ts";

/** Where a coordinator keeps what it knows; its keys lie in the folder in any case. */
export interface Place {
  dataDir: string;
  /** In place of the embedded database in `dataDir` */
  postgres?: PostgresPlace;
}

/** @throws InputError while another process leads there */
export async function openDatabase(place: Place): Promise<Leader> {
  const held = await holdDatabase(place);
  try {
    return await lead(held);
  } catch (error) {
    await held.close();
    throw error;
  }
}

/** The lock alone: no table is made or changed. */
export const holdDatabase = ({ dataDir, postgres }: Place): Promise<Held> =>
  postgres ? holdPostgres(postgres) : holdEmbedded(dataDir);

/** To look, not to write. A server is read beside its leader; the embedded database only while nobody has it. */
export async function readDatabase<T>({ dataDir, postgres }: Place, read: (db: Database) => Promise<T>): Promise<T> {
  if (postgres) return readPostgres(postgres.url, read);
  if (!existsSync(embeddedFolder(dataDir)))
    throw new InputError(
      "--data-dir",
      `${dataDir} holds no database`,
      "Name the folder that `serve` was started with.",
    );
  const { db, close } = await holdEmbedded(dataDir);
  try {
    return await read(db);
  } finally {
    await close();
  }
}
