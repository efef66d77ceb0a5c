/** Reads what stands on the command line; whatever is wrong becomes an InputError that names the flag and the fix. */
import { readFile } from "node:fs/promises";
import type { ArgsDef, CommandDef } from "citty";
import { InputError } from "../../shared/errors.ts";

/** Every command has it. */
export const json = {
  type: "boolean",
  description: "Print one JSON object on standard output and nothing else",
} as const;

/** Of commands that read several data sets. */
export const dataDir = {
  type: "string",
  valueHint: "DIR",
  description:
    "Folder with the data sets' original files, one folder each (default: MURMUR_TEST_DATA, or they are fetched)",
} as const;

/** What `murmur.ts` lists: a citty command whose flags' types have been used up. Its `run` returns an exit code, or nothing for 0. */
export type Command = CommandDef;

export function command<const T extends ArgsDef>(definition: CommandDef<T>): Command {
  return definition as unknown as Command;
}

interface Range {
  above?: number;
  from?: number;
  to?: number;
  below?: number;
  whole?: boolean;
}

/** The number that stands after a flag, or undefined where the flag is absent. */
export function numberFlag(flag: string, text: string | undefined, range: Range = {}): number | undefined {
  if (text === undefined) return undefined;
  const value = text.trim() === "" ? Number.NaN : Number(text);
  const { above = -Infinity, from = -Infinity, to = Infinity, below = Infinity, whole = false } = range;
  if (
    Number.isFinite(value) &&
    value > above &&
    value >= from &&
    value <= to &&
    value < below &&
    (!whole || Number.isInteger(value))
  ) {
    return value;
  }
  throw new InputError(`--${flag}`, `is «${text}»`, `Use ${inWords(range)}.`);
}

export function requiredNumber(flag: string, text: string | undefined, range: Range = {}): number {
  const value = numberFlag(flag, text, range);
  if (value === undefined) throw new InputError(`--${flag}`, "is missing", `Give ${inWords(range)}.`);
  return value;
}

/** Comma-separated numbers, as in `--rounds 50,20`; undefined where the flag is absent. */
export function numbersFlag(flag: string, text: string | undefined, range: Range = {}): number[] | undefined {
  return text?.split(",").map((part) => requiredNumber(flag, part, range));
}

function inWords({ above, from, to, below, whole }: Range): string {
  const bounds = [
    above !== undefined && `above ${above}`,
    from !== undefined && `of at least ${from}`,
    to !== undefined && `of at most ${to}`,
    below !== undefined && `below ${below}`,
  ].filter((bound) => bound !== false);
  return `a ${whole ? "whole " : ""}number${bounds.length > 0 ? ` ${bounds.join(" and ")}` : ""}`;
}

/** Comma-separated names, as in `--group sex,age`; undefined where the flag is absent. */
export function listFlag(flag: string, text: string | undefined): string[] | undefined {
  if (text === undefined) return undefined;
  const names = text.split(",").map((part) => part.trim());
  if (names.some((part) => part === ""))
    throw new InputError(`--${flag}`, `is «${text}»`, "Separate the names by single commas.");
  return names;
}

/** Text of a file that the person named. */
export async function readInput(field: string, path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    throw new InputError(
      field,
      `${path} cannot be read (${(error as NodeJS.ErrnoException).code})`,
      "Name a file that exists.",
    );
  }
}
