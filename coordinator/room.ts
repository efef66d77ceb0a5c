/**
 * The participants connected to one run, as a round sees them: send to some, and collect one kind of message from each
 * of some until all have answered, left, or the time is up. A message that is not expected now is refused by name.
 */
import { type DropReason, Refusal } from "../shared/round/reasons.ts";
import type { Progress } from "../shared/run-record.ts";
import type { Reply } from "../shared/wire.ts";

const progressEveryMs = 150;

export interface Connection {
  /** Ed25519, hex, proven by signature */
  readonly identity: string;
  send(event: string, ...message: unknown[]): void;
  close(): void;
}

/** Takes a message into the round, or throws a Refusal: its sender is dropped. «more» says that this was not all. */
export type Admit<Message> = (identity: string, message: Message) => Promise<void> | Promise<"more" | undefined>;

interface Collector {
  event: string;
  waiting: Set<string>;
  answered: number;
  lost: Record<string, number>;
  admit: Admit<unknown>;
  drop: (identity: string, reason: DropReason) => void;
  /** Messages being checked: the phase does not end under them, or a sum could change after it was closed */
  checking: number;
  /** The time is up: nobody is waited for any more */
  late: boolean;
  settle: () => void;
}

export class Room {
  readonly #connections = new Map<string, Connection>();
  #collector: Collector | undefined;
  /** Called whenever somebody comes or goes. */
  onChange: () => void = () => {};
  /** Called as answers come in, but no more often than an eye can follow */
  onProgress: (progress: Progress) => void = () => {};
  #progressed: NodeJS.Timeout | undefined;

  get identities(): string[] {
    return [...this.#connections.keys()];
  }

  connectionOf(identity: string): Connection | undefined {
    return this.#connections.get(identity);
  }

  /** A second connection of one identity replaces the first: one person, one seat. */
  enter(connection: Connection): void {
    const before = this.#connections.get(connection.identity);
    this.#connections.set(connection.identity, connection);
    if (before) {
      this.#gone(connection.identity, "disconnected");
      before.send("replaced");
      before.close();
    }
    this.onChange();
  }

  leave(connection: Connection): void {
    if (this.#connections.get(connection.identity) !== connection) return;
    this.#connections.delete(connection.identity);
    this.#gone(connection.identity, "disconnected");
    this.onChange();
  }

  send(identities: Iterable<string>, event: string, ...message: unknown[]): void {
    for (const identity of identities) this.#connections.get(identity)?.send(event, ...message);
  }

  /** Somebody is out of this round, and stays for the next one. */
  drop(identity: string, reason: DropReason): void {
    this.#gone(identity, reason);
  }

  /** Somebody is out for good. */
  expel(identity: string): void {
    const connection = this.#connections.get(identity);
    if (!connection) return;
    this.leave(connection);
    connection.close();
  }

  /**
   * Waits for one `event` from each of `identities`.
   * @param onLost called for each who does not make it
   * @param ask what they answer to: told them while answers are taken already; the time starts when all are told
   * @returns who did not make it, and why
   */
  collect(
    event: string,
    identities: Iterable<string>,
    timeoutMs: number,
    admit: Admit<never>,
    signal: AbortSignal,
    onLost: (identity: string, reason: DropReason) => void = () => {},
    ask: () => Promise<void> = async () => {},
  ): Promise<Map<string, DropReason>> {
    return new Promise((resolve, reject) => {
      let timer: NodeJS.Timeout | undefined;
      let isOver = false;
      const dropped = new Map<string, DropReason>();
      const waiting = new Set(identities);
      const finish = (action: () => void) => {
        isOver = true;
        clearTimeout(timer);
        signal.removeEventListener("abort", interrupted);
        if (this.#collector === collector) this.#collector = undefined;
        action();
      };
      const interrupted = () => finish(() => reject(signal.reason));
      const collector: Collector = {
        event,
        waiting,
        answered: 0,
        lost: {},
        admit: admit as Collector["admit"],
        drop: (identity, reason) => {
          if (!waiting.delete(identity)) return;
          dropped.set(identity, reason);
          collector.lost[reason] = (collector.lost[reason] ?? 0) + 1;
          this.#progress();
          onLost(identity, reason);
        },
        checking: 0,
        late: false,
        settle: () => {
          const done = waiting.size === 0 && collector.checking === 0;
          if (done && this.#collector === collector) finish(() => resolve(dropped));
        },
      };
      const timeUp = () => {
        collector.late = true;
        for (const identity of [...waiting]) collector.drop(identity, "timed-out");
        collector.settle();
      };
      if (signal.aborted) return interrupted();
      signal.addEventListener("abort", interrupted);
      this.#collector = collector;
      this.#progress();
      for (const identity of [...waiting])
        if (!this.#connections.has(identity)) collector.drop(identity, "disconnected");
      collector.settle();
      if (isOver) return;
      ask().then(
        () => {
          if (!isOver) timer = setTimeout(timeUp, timeoutMs);
        },
        (error) => finish(() => reject(error)),
      );
    });
  }

  /** Somebody new may still join the phase that is collecting `event`. */
  expectAlso(event: string, identity: string): boolean {
    if (this.#collector?.event !== event) return false;
    this.#collector.waiting.add(identity);
    return true;
  }

  async receive(identity: string, event: string, message: unknown): Promise<Reply> {
    const collector = this.#collector;
    // Taken off the list before the check: what counts from here on is the message, not whether its sender stays.
    if (collector?.event !== event || !collector.waiting.delete(identity))
      return { ok: false, reason: "message-invalid" };
    collector.checking++;
    try {
      const more = await collector.admit(identity, message);
      if (more === "more") {
        collector.waiting.add(identity);
        if (collector.late) collector.drop(identity, "timed-out");
        if (!this.#connections.has(identity)) collector.drop(identity, "disconnected");
      } else {
        collector.answered++;
        this.#progress();
      }
      return { ok: true };
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      collector.waiting.add(identity);
      collector.drop(identity, error.reason);
      return { ok: false, reason: error.reason };
    } finally {
      collector.checking--;
      collector.settle();
    }
  }

  #progress(): void {
    this.#progressed ??= setTimeout(() => {
      this.#progressed = undefined;
      const collector = this.#collector;
      if (!collector) return;
      const { answered, lost, waiting, checking } = collector;
      const asked = answered + checking + waiting.size + Object.values(lost).reduce((a, b) => a + b, 0);
      this.onProgress({ asked, answered, lost: { ...lost } });
    }, progressEveryMs).unref();
  }

  #gone(identity: string, reason: DropReason): void {
    this.#collector?.drop(identity, reason);
    this.#collector?.settle();
  }
}
