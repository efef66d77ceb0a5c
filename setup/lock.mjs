import { closeSync, mkdirSync, openSync, readFileSync, rmSync, statSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { SetupFailure, say } from "./failure.mjs";

const patience = 15 * 60_000;

/**
 * Runs `work` while this process alone holds `file`, which names its pid. A living holder is waited for and never
 * robbed (an install may be silent for minutes); a dead one is taken over.
 */
export async function withLock(file, work) {
  mkdirSync(dirname(file), { recursive: true });
  const deadline = Date.now() + patience;
  let told = false;
  while (!claim(file)) {
    const holder = holderOf(file);
    if (holder === "dead") {
      removeDead(file);
      continue;
    }
    if (Date.now() > deadline) {
      throw new SetupFailure(`process ${holder} has been preparing for too long; end it, or delete ${file}.`);
    }
    if (!told && holder !== "none") say(`waiting for process ${holder}, which is preparing the same folder`);
    told ||= holder !== "none";
    await sleep(200);
  }
  const release = () => rmSync(file, { force: true });
  const leave = () => process.exit(130);
  process.on("exit", release);
  process.on("SIGINT", leave);
  process.on("SIGTERM", leave);
  try {
    return await work();
  } finally {
    release();
    process.off("exit", release);
    process.off("SIGINT", leave);
    process.off("SIGTERM", leave);
  }
}

function claim(file) {
  try {
    const handle = openSync(file, "wx");
    writeSync(handle, String(process.pid));
    closeSync(handle);
    return true;
  } catch (error) {
    if (error.code === "EEXIST") return false;
    throw new SetupFailure(`cannot write ${file} (${error.code}); make the folder writable and start again.`);
  }
}

/** The pid that holds the lock, "dead" if that process is gone, "none" if the lock is just being written or given up. */
function holderOf(file) {
  let text;
  try {
    text = readFileSync(file, "utf8");
    // Created, but the pid not yet in it: its owner is a moment away from writing it, or died in that moment.
    if (text === "") return Date.now() - statSync(file).mtimeMs > 10_000 ? "dead" : "none";
  } catch {
    return "none";
  }
  const pid = Number(text);
  // Our own number without our having it: a lock left in a container, where pids start anew.
  if (pid === process.pid) return "dead";
  try {
    process.kill(pid, 0);
    return pid;
  } catch (error) {
    return error.code === "EPERM" ? pid : "dead";
  }
}

/** Of several that see a dead holder one removes the lock; the others must not remove the lock it then takes. */
function removeDead(file) {
  const removal = `${file}.removal`;
  try {
    if (Date.now() - statSync(removal).mtimeMs > 10_000) rmSync(removal, { force: true });
  } catch {
    // no removal under way
  }
  try {
    closeSync(openSync(removal, "wx"));
  } catch {
    return;
  }
  if (holderOf(file) === "dead") rmSync(file, { force: true });
  rmSync(removal, { force: true });
}
