/**
 * One JSON object a line, on standard error: standard output belongs to results. Nobody is named in it: participants are
 * counted, addresses are not written, and of an error only what the code itself says of it.
 */
import pino, { type Logger } from "pino";

export function createLog(): Logger {
  return pino(
    {
      level: process.env.MURMUR_LOG ?? "warn",
      // No host name either: whoever collects logs adds what they need.
      base: { service: "murmur", pid: process.pid },
      serializers: { err: plainError },
    },
    pino.destination(2),
  );
}

/** A database's error repeats the row it failed on; that stays out. */
function plainError(error: unknown): object {
  if (!(error instanceof Error)) return { message: String(error) };
  const { name, message, stack } = error;
  return { type: name, message, stack, code: (error as { code?: unknown }).code };
}
