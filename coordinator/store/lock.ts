/** One process at a time on a data folder: PGlite would let two in, and both would lose rows. */
import { closeSync, openSync, readFileSync, unlinkSync, writeSync } from "node:fs";
import { InputError } from "../../shared/errors.ts";

/**
 * Takes the lock beside `dataDir`; a lock whose process is dead is taken over, a living one never.
 * @returns how to let it go
 * @throws InputError naming the process that holds it
 */
export function lockFolder(dataDir: string): () => void {
  const file = `${dataDir}.lock`;
  for (;;) {
    try {
      const handle = openSync(file, "wx", 0o600);
      writeSync(handle, String(process.pid));
      closeSync(handle);
      return () => unlinkSync(file);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
    const pid = Number(readFileSync(file, "utf8"));
    if (pid !== process.pid && isAlive(pid)) {
      throw new InputError(
        "--data-dir",
        `${dataDir} is in use by process ${pid}`,
        "Stop that coordinator, or choose another folder.",
      );
    }
    unlinkSync(file);
  }
}

function isAlive(pid: number): boolean {
  if (!Number.isSafeInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
