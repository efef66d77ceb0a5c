/**
 * Masked vectors on their way in. Only a few are sent at a time: each has its own piece of memory until its hash is known
 * to be right, and a cohort of thousands must not need thousands of them. The others wait for their header's answer.
 */
import {
  type Adding,
  closeUpload,
  type MaskedHeader,
  openUpload,
  takePiece,
  type Upload,
} from "../shared/round/3-masked.ts";
import { Refusal } from "../shared/round/reasons.ts";
import type { Signed } from "../shared/round/signed.ts";
import { packedLength } from "../shared/secure-sum/packing.ts";
import { release } from "./release.ts";

export type UploadMessage = { header: Signed<MaskedHeader> } | { piece: Uint8Array };

/** Beside the running sum, memory for this many vectors at least… */
const fewestPlaces = 8;
/** …and for as many small ones as fit in here, bytes. */
const roomyBytes = 2 ** 24;

export class Uploads {
  readonly places: number;
  #free: number;
  readonly #queue: { begin: () => void; refuse: (reason: Refusal) => void }[] = [];
  readonly #open = new Map<string, { upload: Upload; timer: NodeJS.Timeout }>();

  /**
   * @param patienceMs how long a sender that has its turn may be silent
   * @param onSilent called when it was silent for longer
   */
  constructor(
    private readonly adding: Adding,
    private readonly patienceMs: number,
    private readonly onSilent: (identity: string) => void,
  ) {
    const { layout, bits } = adding.plan;
    this.places = Math.max(fewestPlaces, Math.floor(roomyBytes / packedLength(layout.dimension, bits)));
    this.#free = this.places;
  }

  /** @throws Refusal */
  async admit(identity: string, message: UploadMessage): Promise<"more" | undefined> {
    if ("header" in message) {
      if (this.#open.has(identity)) {
        this.release(identity);
        throw new Refusal("duplicate");
      }
      await this.#turn();
      try {
        const upload = await openUpload(this.adding, identity, message.header);
        this.#open.set(identity, { upload, timer: this.#watch(identity) });
      } catch (error) {
        this.#next();
        throw error;
      }
      return "more";
    }
    const open = this.#open.get(identity);
    if (!open) throw new Refusal("message-invalid");
    clearTimeout(open.timer);
    try {
      if (!takePiece(open.upload, message.piece)) {
        open.timer = this.#watch(identity);
        return "more";
      }
      closeUpload(this.adding, open.upload);
      for (const piece of open.upload.pieces) release(piece);
    } catch (error) {
      this.release(identity);
      throw error;
    }
    this.release(identity);
    return undefined;
  }

  /** Whoever is gone gives its turn to the next. */
  release(identity: string): void {
    const open = this.#open.get(identity);
    if (!open) return;
    clearTimeout(open.timer);
    this.#open.delete(identity);
    this.#next();
  }

  /** The phase is over: nobody gets a turn any more. */
  close(): void {
    for (const { refuse } of this.#queue.splice(0)) refuse(new Refusal("timed-out"));
    for (const { timer } of this.#open.values()) clearTimeout(timer);
    this.#open.clear();
  }

  #turn(): Promise<void> {
    if (this.#free > 0) {
      this.#free--;
      return Promise.resolve();
    }
    return new Promise((begin, refuse) => this.#queue.push({ begin, refuse }));
  }

  #next(): void {
    const next = this.#queue.shift();
    if (next) next.begin();
    else this.#free++;
  }

  #watch(identity: string): NodeJS.Timeout {
    return setTimeout(() => this.onSilent(identity), this.patienceMs);
  }
}
