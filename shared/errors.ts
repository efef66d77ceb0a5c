/** Bad input from outside: names the field, what was found, and what to do about it. */
export class InputError extends Error {
  override readonly name = "InputError";
  constructor(
    /** Where the input stands, e.g. `privacy.epsilon` or `--rounds`. */
    readonly field: string,
    /** What is wrong with it, as a clause: "is -1". */
    readonly problem: string,
    /** What to do, as a sentence: "Use a number above 0." */
    readonly fix: string,
  ) {
    super(`${field}: ${problem}. ${fix}`);
  }
}

/** States what must hold if our own code is right; never a check of outside input. */
export function invariant(condition: unknown, claim: string): asserts condition {
  if (!condition) throw new Error(`broken invariant: ${claim}`);
}
