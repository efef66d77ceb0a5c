/**
 * Clients that share a processor. One after the other computes; then those of a group send at once, as the tabs of a fleet do,
 * which compute at the same time. Were each to send when it is done, every message would find the coordinator asleep, and waking up
 * costs it three times what the message does.
 */
import { setImmediate } from "node:timers/promises";

const groupSize = 100;

/** Where its members wait for each other. */
class Group {
  #waiting: (() => void)[] = [];

  constructor(private members: number) {}

  meet(): Promise<void> {
    return new Promise((go) => {
      this.#waiting.push(go);
      this.#goOn();
    });
  }

  leave(): void {
    this.members--;
    this.#goOn();
  }

  #goOn(): void {
    if (this.#waiting.length < this.members) return;
    for (const go of this.#waiting.splice(0)) go();
  }
}

export class Bursts {
  readonly #groups: Group[];
  #queue: Promise<void> = Promise.resolve();
  #endTurn = () => {};

  /** @param clients each of which sends the same messages in the same order, until it leaves */
  constructor(clients: number) {
    const count = Math.ceil(clients / groupSize);
    this.#groups = Array.from({ length: count }, (_, i) => new Group(Math.min(groupSize, clients - i * groupSize)));
  }

  readonly inTurn = (work: () => Promise<void>): void => {
    const turn = () =>
      new Promise<void>((resolve, reject) => {
        this.#endTurn = resolve;
        work().then(resolve, reject);
      });
    // Between two turns whatever came in is read: a turn may be all computing.
    this.#queue = this.#queue.then(() => setImmediate()).then(turn);
  };

  /** To be called in a turn, which it ends: resolves when the whole group is here. */
  meet(client: number): Promise<void> {
    this.#endTurn();
    return this.#groupOf(client).meet();
  }

  leave(client: number): void {
    this.#groupOf(client).leave();
  }

  #groupOf(client: number): Group {
    return this.#groups[Math.floor(client / groupSize)]!;
  }
}
