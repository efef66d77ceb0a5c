/** What is kept, and where: in the embedded database, or on a PostgreSQL server. The same SQL runs on both. */
import { openEmbedded } from "./embedded.ts";
import type { Leader } from "./leader.ts";
import { openPostgres, type PostgresPlace } from "./postgres.ts";

/** Where a coordinator keeps what it knows; its keys lie in the folder in any case. */
export interface Place {
  dataDir: string;
  /** In place of the embedded database in `dataDir` */
  postgres?: PostgresPlace;
}

/** @throws InputError while another process leads there */
export const openDatabase = ({ dataDir, postgres }: Place): Promise<Leader> =>
  postgres ? openPostgres(postgres) : openEmbedded(dataDir);
