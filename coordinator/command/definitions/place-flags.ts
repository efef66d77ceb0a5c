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

/** @throws InputError for a password on the command line, or two addresses */
export function placeOf(args: { "data-dir": string; "database-url"?: string | undefined }): Place {
  const secret = secretFrom("MURMUR_DATABASE_URL");
  const flag = args["database-url"];
  if (flag !== undefined && secret !== undefined)
    throw new InputError("--database-url", "stands beside MURMUR_DATABASE_URL", "Use one of the two.");
  if (flag !== undefined && URL.canParse(flag) && new URL(flag).password !== "")
    throw new InputError(
      "--database-url",
      "holds a password, which everybody on this machine can read in the list of processes",
      "Set MURMUR_DATABASE_URL to it, or MURMUR_DATABASE_URL_FILE to a file that holds it.",
    );
  const url = flag ?? secret;
  return { dataDir: args["data-dir"], ...(url !== undefined && { postgres: { url } }) };
}
