import { Unserved } from "../seats.ts";

/** Questions to another process that wait for their answers. */
export class Asks {
  #next = 0;
  readonly #waiting = new Map<number, { resolve: (answer: unknown) => void; reject: (error: Error) => void }>();

  /** @param post sends the question with this number */
  ask<T>(post: (ask: number) => void): Promise<T> {
    return new Promise((resolve, reject) => {
      const ask = this.#next++;
      this.#waiting.set(ask, { resolve: resolve as (answer: unknown) => void, reject });
      post(ask);
    });
  }

  answered(ask: number, answer: unknown): void {
    const waiting = this.#waiting.get(ask);
    this.#waiting.delete(ask);
    if (answer === undefined) waiting?.reject(new Unserved("the other process could not answer"));
    else waiting?.resolve(answer);
  }

  /** Whoever was asked will not answer any more. */
  giveUp(): void {
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { reject } of waiting) reject(new Unserved("the other process is gone"));
  }
}
