/**
 * From a command line to an exit code: 0 done, 1 failed, 2 bad usage or input (the message names the field and the fix).
 */
import { stripVTControlCharacters } from "node:util";
import { type ArgsDef, renderUsage } from "citty";
import { InputError } from "../../shared/errors.ts";
import { nearest } from "../../shared/nearest.ts";
import { parseStrictly } from "./arguments.ts";
import type { Command } from "./flags.ts";

export interface Program {
  name: string;
  version: string;
  description: string;
  /** Each is loaded only when it is asked for (or listed) */
  commands: Record<string, () => Promise<Command>>;
}

export async function runProgram(program: Program, argv: readonly string[]): Promise<number> {
  const parent: Command = {
    meta: { name: program.name, version: program.version, description: program.description },
    subCommands: program.commands,
  };
  try {
    const [name, ...rest] = argv;
    if (name === "--version" || name === "-v") return print(program.version);
    if (name === undefined || name === "--help" || name === "-h" || name === "help") {
      const usage = await usageOf(parent);
      if (name !== undefined) return print(usage);
      process.stderr.write(`${usage}\n`);
      return 2;
    }
    const load = Object.hasOwn(program.commands, name) ? program.commands[name] : undefined;
    if (load === undefined) throw unknownCommand(name, Object.keys(program.commands));
    const command = await load();
    if (rest.includes("--help") || rest.includes("-h")) return print(await usageOf(command, parent));
    const args = parseStrictly(rest, command.args as ArgsDef);
    return ((await command.run?.({ rawArgs: rest, args, cmd: command })) as number | undefined) ?? 0;
  } catch (error) {
    return explain(program.name, error);
  }
}

/** citty colours whatever it is asked; a file or a pipe gets plain text, without the padding at the line ends. */
async function usageOf(command: Command, parent?: Command): Promise<string> {
  const usage = (await renderUsage(command, parent)).replace(/ +$/gm, "");
  return process.stdout.isTTY ? usage : stripVTControlCharacters(usage).replace(/ +$/gm, "");
}

function print(text: string): number {
  process.stdout.write(`${text}\n`);
  return 0;
}

function unknownCommand(name: string, known: string[]): InputError {
  const near = nearest(name, known);
  return new InputError(
    `«${name}»`,
    "is not a command",
    near ? `Did you mean \`${near}\`?` : `Use one of ${known.join(", ")}.`,
  );
}

function explain(program: string, error: unknown): number {
  if (error instanceof InputError) {
    process.stderr.write(`${program}: ${error.message}\n`);
    return 2;
  }
  // Faults of ours show where they happened; what the world did to us needs only its sentence.
  const isOurs =
    !(error instanceof Error) || error instanceof TypeError || error.message.startsWith("broken invariant");
  process.stderr.write(
    `${program}: ${isOurs && error instanceof Error ? error.stack : String((error as Error)?.message ?? error)}\n`,
  );
  return 1;
}
