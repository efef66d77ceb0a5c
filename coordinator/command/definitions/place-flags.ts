/** Where a coordinator keeps what it knows, as flags. */
import { InputError } from "../../../shared/errors.ts";
import type { Place } from "../../store/database.ts";
import { secretFrom } from "../secret.ts";

export const placeFlags = {
  "data-dir": {
    type: "string",
    default: "./murmur-data",
    valueHint: "DIR",
    description: "Folder of the keys and, unless a server keeps it, of the embedded database",
  },
  "database-url": {
    type: "string",
    valueHint: "postgres://USER@HOST/DATABASE",
    description: "PostgreSQL server to keep everything on; with a password, set MURMUR_DATABASE_URL(_FILE) instead",
  },
} as const;

export const redisFlag = {
  type: "string",
  valueHint: "redis://HOST:PORT",
  description:
    "Redis server of several processes that are one coordinator; with a password, set MURMUR_REDIS_URL(_FILE)",
} as const;

/** @throws InputError for a password on the command line, or two addresses */
export function placeOf(args: { "data-dir": string; "database-url"?: string | undefined }): Place {
  const url = serverFrom("database-url", args["database-url"]);
  return { dataDir: args["data-dir"], ...(url !== undefined && { postgres: { url } }) };
}

/**
 * A server's address, which may hold a password: from the flag, or MURMUR_DATABASE_URL or MURMUR_REDIS_URL, each also _FILE.
 * @throws InputError for a password on the command line, or two addresses
 */
export function serverFrom(flag: "database-url" | "redis-url", given: string | undefined): string | undefined {
  const variable = `MURMUR_${flag.replace("-", "_").toUpperCase()}`;
  const secret = secretFrom(variable);
  if (given !== undefined && secret !== undefined)
    throw new InputError(`--${flag}`, `stands beside ${variable}`, "Use one of the two.");
  if (given !== undefined && URL.canParse(given) && new URL(given).password !== "")
    throw new InputError(
      `--${flag}`,
      "holds a password, which everybody on this machine can read in the list of processes",
      `Set ${variable} to it, or ${variable}_FILE to a file that holds it.`,
    );
  return given ?? secret;
}
