/** What stops the setup, as one sentence for the person at the terminal; anything else that is thrown is our bug. */
export class SetupFailure extends Error {}

/** Runs `main`; a SetupFailure, or a flag that there is not, becomes its sentence on standard error and exit code 1. */
export async function orExplain(main) {
  try {
    await main();
  } catch (failure) {
    const isWrongFlag = String(failure.code).startsWith("ERR_PARSE_ARGS_");
    if (!(failure instanceof SetupFailure) && !isWrongFlag) throw failure;
    say(failure.message);
    process.exit(1);
  }
}

/** Progress goes to standard error: standard output belongs to the command, whose JSON must be alone there. */
export function say(line) {
  process.stderr.write(`murmur: ${line}\n`);
}
