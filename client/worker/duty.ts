/**
 * How much of the time the adapter may work. Calls are not cut short: after each the tab rests as long as its share
 * asks for, but never so long that the round goes on without it.
 */

/** A coordinator waits a minute for answers, ms. */
const longestRestMs = 20_000;

export class Duty {
  /** 0 … 1 */
  share = 1;

  async during<T>(work: () => Promise<T>): Promise<T> {
    const began = performance.now();
    const result = await work();
    const rest = (performance.now() - began) * (1 / this.share - 1);
    if (rest >= 1) await new Promise((resolve) => setTimeout(resolve, Math.min(rest, longestRestMs)));
    return result;
  }
}
