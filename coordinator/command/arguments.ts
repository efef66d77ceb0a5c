/**
 * citty parses leniently: it ignores flags it does not know and lets a flag swallow the next one. A command line that
 * spends someone's privacy must mean what it says, so all that is not understood is refused here first.
 */
import { type ArgsDef, type ParsedArgs, parseArgs } from "citty";
import { InputError } from "../../shared/errors.ts";
import { nearest } from "../../shared/nearest.ts";

export function parseStrictly(argv: readonly string[], definitions: ArgsDef): ParsedArgs {
  const flags = Object.entries(definitions).filter(([, definition]) => definition.type !== "positional");
  const places = Object.entries(definitions).filter(([, definition]) => definition.type === "positional");
  const seen = new Set<string>();
  const loose: string[] = [];

  for (let i = 0; i < argv.length; i++) {
    const word = argv[i]!;
    if (!word.startsWith("-") || word === "-") {
      loose.push(word);
      continue;
    }
    const [name = "", attached] = word.replace(/^--?/, "").split(/=(.*)/s);
    const definition = word.startsWith("--") ? flags.find(([flag]) => flag === name)?.[1] : undefined;
    if (definition === undefined)
      throw unknownFlag(
        word.split("=")[0]!,
        name,
        flags.map(([flag]) => flag),
      );
    if (seen.has(name)) throw new InputError(`--${name}`, "stands twice", "Give it once.");
    seen.add(name);
    if (definition.type === "boolean") continue;
    const value = attached ?? argv[++i];
    if (value === undefined || value === "" || (attached === undefined && value.startsWith("--"))) {
      throw new InputError(`--${name}`, "has no value", `Give one: ${described(name, definition)}.`);
    }
    const options = "options" in definition ? definition.options : undefined;
    if (options && !options.includes(value)) {
      throw new InputError(`--${name}`, `is «${value}»`, `Use ${options.join(", ")}${suggestion(value, options)}.`);
    }
  }

  places.forEach(([place, definition], i) => {
    if (loose[i] === undefined && definition.required !== false) {
      throw new InputError(place.toUpperCase(), "is missing", `Name it after the command: ${definition.description}.`);
    }
  });
  if (loose.length > places.length) {
    throw new InputError(
      `«${loose[places.length]}»`,
      "is not expected here",
      "Leave it out, or put it after the flag it belongs to.",
    );
  }
  for (const [name, definition] of flags) {
    if (definition.required && !seen.has(name)) {
      throw new InputError(`--${name}`, "is missing", `Add it: ${described(name, definition)}.`);
    }
  }
  return parseArgs([...argv], definitions);
}

const described = (name: string, definition: ArgsDef[string]): string =>
  `--${name} ${definition.valueHint ?? name.toUpperCase()} (${definition.description})`;

function unknownFlag(word: string, name: string, known: string[]): InputError {
  const near = nearest(name, known);
  return new InputError(word, "is not an option of this command", near ? `Did you mean --${near}?` : "See --help.");
}

function suggestion(value: string, options: readonly string[]): string {
  const near = nearest(value, options);
  return near ? ` (did you mean ${near}?)` : "";
}
