/** Secrets come from files and the environment: a command line can be read by everybody on the machine. */
import { readFileSync } from "node:fs";
import { InputError } from "../../shared/errors.ts";

/**
 * What the variable `name` holds, or the file that `name`_FILE points to; undefined where neither is set.
 * @throws InputError when both are, or the file cannot be read or is empty
 */
export function secretFrom(name: string, env: NodeJS.ProcessEnv = process.env): string | undefined {
  const [value, file] = [env[name], env[`${name}_FILE`]];
  if (value && file) throw new InputError(name, `stands beside ${name}_FILE`, "Set one of the two.");
  if (!file) return value || undefined;
  let text: string;
  try {
    text = readFileSync(file, "utf8").trim();
  } catch (error) {
    throw new InputError(
      `${name}_FILE`,
      `${file} cannot be read (${(error as NodeJS.ErrnoException).code})`,
      "Name a file that this user may read.",
    );
  }
  if (text === "") throw new InputError(`${name}_FILE`, `${file} is empty`, "Write the secret into it.");
  return text;
}
