/** One process at a time on a data folder: PGlite would let two in, and both would lose rows. */
import { linkSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { InputError } from "../../shared/errors.ts";

/** Locks of this very process, which its own id cannot tell from those of a former process of the same id. */
const held = new Set<string>();

/**
 * Takes the lock beside `folder`; a lock whose process is dead is taken over, a living one never. Processes are told
 * apart by their ids, so it holds on one machine, or in one container, only.
 * @returns how to let it go
 * @throws InputError naming the process that holds it
 */
export function lockFolder(folder: string): () => void {
  const file = join(realpathSync(dirname(folder)), `${basename(folder)}.lock`);
  if (held.has(file)) throw inUse(folder, process.pid, file);
  // Linked into place with its content, so that nobody ever reads a lock without a name on it.
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, String(process.pid), { mode: 0o600 });
  try {
    if (!linked(draft, file)) takeOver(draft, file, folder);
  } finally {
    rmSync(draft, { force: true });
  }
  held.add(file);
  let released = false;
  return () => {
    // Once: the second time, the lock may be another's.
    if (released) return;
    released = true;
    held.delete(file);
    rmSync(file, { force: true });
  };
}

/** A lock is removed under a guard only: of two that find it dead, the slower would remove the quicker one's. */
function takeOver(draft: string, file: string, folder: string): void {
  const guard = `${file}.takeover`;
  if (!linked(draft, guard)) throw inUse(folder, holderOf(guard), guard);
  try {
    const pid = holderOf(file);
    if (isAlive(pid)) throw inUse(folder, pid, file);
    rmSync(file, { force: true });
    if (!linked(draft, file)) throw inUse(folder, holderOf(file), file);
  } finally {
    rmSync(guard, { force: true });
  }
}

/** link(2) either makes the name or finds it taken; there is nothing in between. */
function linked(draft: string, file: string): boolean {
  try {
    linkSync(draft, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

/** NaN when the lock is gone or names nobody. */
function holderOf(file: string): number {
  try {
    return Number.parseInt(readFileSync(file, "utf8"), 10);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return Number.NaN;
    throw error;
  }
}

function isAlive(pid: number): boolean {
  if (!Number.isSafeInteger(pid) || pid <= 0 || pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

function inUse(folder: string, pid: number, file: string): InputError {
  return new InputError(
    "--data-dir",
    `${folder} is in use by process ${pid}`,
    `Stop that coordinator, or choose another folder. If process ${pid} is something else, delete ${file}.`,
  );
}
