/**
 * What a witness has signed, one JSON line each, on the disk before the signature leaves. Append-only, so that it can be
 * published as it is; a line that a crash tore was never answered, and is cut off.
 */
import { closeSync, existsSync, fsyncSync, ftruncateSync, mkdirSync, openSync, readFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { InputError } from "../../shared/errors.ts";
import type { Sighting } from "../../shared/round/witness.ts";
import { lockFolder } from "../store/lock.ts";

/** With the coordinator's key, hex: a witness serves the first one it signed for, and no other. */
export type LogLine = Sighting & { coordinatorKey: string };

export class WitnessLog {
  readonly #last = new Map<string, LogLine>();
  readonly #runs = new Set<string>();
  #coordinatorKey: string | undefined;
  readonly #handle: number;
  readonly #unlock: () => void;

  /** @throws InputError when another process has the folder, or the log is damaged */
  constructor(folder: string) {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    // Two witnesses of one key and two memories would be none.
    this.#unlock = lockFolder(folder);
    const file = join(folder, "witness.log");
    const text = existsSync(file) ? readFileSync(file, "utf8") : "";
    const whole = text.slice(0, text.lastIndexOf("\n") + 1);
    try {
      for (const line of whole.split("\n").slice(0, -1)) this.#remember(JSON.parse(line) as LogLine);
    } catch {
      this.#unlock();
      throw new InputError(file, "has a line that cannot be read", "Restore it from a copy, or start with a new key.");
    }
    this.#handle = openSync(file, "a", 0o600);
    ftruncateSync(this.#handle, Buffer.byteLength(whole));
  }

  get coordinatorKey(): string | undefined {
    return this.#coordinatorKey;
  }

  lastOf(taskHash: string): Sighting | undefined {
    return this.#sighting(this.#last.get(taskHash));
  }

  /** Whether something of this run of the task was signed. */
  hasRun(taskHash: string, run: string): boolean {
    return this.#runs.has(`${taskHash}/${run}`);
  }

  /** Of whichever task this announcement was the last. */
  lastWith(announcementHash: string): Sighting | undefined {
    return this.#sighting([...this.#last.values()].find((line) => line.announcementHash === announcementHash));
  }

  /** Durable when it returns. */
  append(line: LogLine): void {
    writeSync(this.#handle, `${JSON.stringify(line)}\n`);
    fsyncSync(this.#handle);
    this.#remember(line);
  }

  close(): void {
    closeSync(this.#handle);
    this.#unlock();
  }

  #remember(line: LogLine): void {
    this.#coordinatorKey ??= line.coordinatorKey;
    this.#last.set(line.taskHash, line);
    this.#runs.add(`${line.taskHash}/${line.run}`);
  }

  #sighting(line: LogLine | undefined): Sighting | undefined {
    if (!line) return undefined;
    const { coordinatorKey: _, ...sighting } = line;
    return sighting;
  }
}
