/**
 * Masked vectors on their way in. Only a few are sent at a time: each has its own room until its hash is known to be
 * right, and a cohort of thousands must not need thousands of them. The others wait for their header's answer.
 */
import {
  type Counting,
  closeUpload,
  type MaskedHeader,
  openUpload,
  payloadLength,
  takePiece,
  type Upload,
} from "../shared/round/3-masked.ts";
import { Refusal } from "../shared/round/reasons.ts";
import type { Signed } from "../shared/round/signed.ts";
import { collectYoung, release } from "./release.ts";

export type UploadMessage = { header: Signed<MaskedHeader> } | { piece: Uint8Array };

/** Beside the running sum, memory for this many vectors at least… */
const fewestPlaces = 8;
/** …and for as many small ones as fit in here, bytes. */
const roomyBytes = 2 ** 24;

/** Of what came off sockets, this much may lie about before it is collected, bytes. */
const litterBytes = 2 ** 23;

export class Uploads {
  readonly places: number;
  /** Room for vectors, made on first use and used again and again */
  readonly #vectors: Uint8Array<ArrayBuffer>[] = [];
  readonly #length: number;
  #litter = 0;
  #free: number;
  readonly #queue: { begin: () => void; refuse: (reason: Refusal) => void }[] = [];
  readonly #open = new Map<string, { upload: Upload; timer: NodeJS.Timeout }>();

  /**
   * @param patienceMs how long a sender that has its turn may be silent
   * @param onSilent called when it was silent for longer
   */
  constructor(
    private readonly adding: Counting,
    private readonly patienceMs: number,
    private readonly onSilent: (identity: string) => void,
  ) {
    this.#length = payloadLength(adding.plan);
    this.places = Math.max(fewestPlaces, Math.floor(roomyBytes / this.#length));
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
      const vector = this.#vectors.pop() ?? new Uint8Array(this.#length);
      try {
        const upload = await openUpload(this.adding, identity, message.header, vector);
        this.#open.set(identity, { upload, timer: this.#watch(identity) });
      } catch (error) {
        this.#vectors.push(vector);
        this.#next();
        throw error;
      }
      return "more";
    }
    const open = this.#open.get(identity);
    if (!open) throw new Refusal("message-invalid");
    clearTimeout(open.timer);
    try {
      const isLast = takePiece(open.upload, message.piece);
      this.#discard(message.piece);
      if (!isLast) {
        open.timer = this.#watch(identity);
        return "more";
      }
      closeUpload(this.adding, open.upload);
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
    this.#vectors.push(open.upload.vector as Uint8Array<ArrayBuffer>);
    this.#next();
  }

  /** The phase is over: nobody gets a turn any more. */
  close(): void {
    for (const { refuse } of this.#queue.splice(0)) refuse(new Refusal("timed-out"));
    for (const { timer } of this.#open.values()) clearTimeout(timer);
    this.#open.clear();
    for (const vector of this.#vectors.splice(0)) release(vector);
  }

  /** The piece itself at once; what a socket read it in, with the next few. */
  #discard(piece: Uint8Array): void {
    this.#litter += piece.byteLength;
    release(piece);
    if (this.#litter < litterBytes) return;
    this.#litter = 0;
    collectYoung();
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
