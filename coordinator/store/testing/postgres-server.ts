/**
 * A PostgreSQL server of a test's own: on loopback, in a temporary folder, as a user that is not root (which PostgreSQL
 * refuses). Debian's package `postgresql` has the programs; without them the tests are skipped and say so.
 */
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "pg";
import { freePort } from "../../free-port.ts";

const programs = "/usr/lib/postgresql";

/** Folder of `initdb` and `postgres`; undefined where there are none */
export const postgresBinaries: string | undefined = existsSync(programs)
  ? readdirSync(programs)
      .sort((a, b) => Number(b) - Number(a))
      .map((version) => join(programs, version, "bin"))
      .find((folder) => existsSync(join(folder, "initdb")))
  : undefined;

if (!postgresBinaries) console.warn(`PostgreSQL is not in ${programs}: its tests are skipped`);

export interface PostgresServer {
  /** Of a fresh, empty database */
  newDatabase(): Promise<string>;
  /** One statement, as the server's administrator */
  query(url: string, text: string): Promise<Record<string, unknown>[]>;
  stop(): Promise<void>;
}

export async function startPostgres(): Promise<PostgresServer> {
  const folder = mkdtempSync(join(tmpdir(), "murmur-postgres-"));
  const user = asOther();
  if (user) chownSync(folder, user.uid, user.gid);
  const data = join(folder, "data");
  const options = { cwd: folder, ...user };
  execFileSync(join(postgresBinaries!, "initdb"), ["-D", data, "-U", "murmur", "-A", "trust", "-N"], {
    ...options,
    stdio: "pipe",
  });
  const port = await freePort();
  const child = spawn(
    join(postgresBinaries!, "postgres"),
    ["-D", data, "-h", "127.0.0.1", "-p", String(port), "-k", folder],
    { ...options, stdio: "ignore" },
  );
  const gone = new Promise<void>((resolve) => child.once("close", () => resolve()));
  const urlOf = (name: string) => `postgres://murmur@127.0.0.1:${port}/${name}`;
  const query = async (url: string, text: string) => {
    const client = new Client({ connectionString: url });
    try {
      await client.connect();
      return (await client.query(text)).rows as Record<string, unknown>[];
    } finally {
      await client.end();
    }
  };
  for (let tries = 0; ; tries++) {
    try {
      await query(urlOf("postgres"), "select 1");
      break;
    } catch (error) {
      if (tries === 100 || child.exitCode !== null) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
  let names = 0;
  return {
    newDatabase: async () => {
      const name = `test${names++}`;
      await query(urlOf("postgres"), `create database ${name}`);
      return urlOf(name);
    },
    query,
    stop: async () => {
      child.kill("SIGINT");
      await gone;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function asOther(): { uid: number; gid: number } | undefined {
  if (process.getuid!() !== 0) return undefined;
  for (const name of ["postgres", "nobody"]) {
    const id = (flag: string) => spawnSync("id", [flag, name], { encoding: "utf8" }).stdout.trim();
    if (id("-u")) return { uid: Number(id("-u")), gid: Number(id("-g")) };
  }
  throw new Error("there is no user but root to run PostgreSQL as");
}
