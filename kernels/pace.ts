/**
 * How much work goes to the adapter at once. A page shares its adapter with the screen: while a submit runs nothing
 * else is drawn, so each should take well under 50 ms (the longest that still feels immediate: RAIL, web.dev/rail).
 */

/** ms */
const target = 25;
/** Enough to hide the submit itself */
const most = 256;

export class Pace {
  /** Chunks a submit; a guess before the first measurement */
  chunks = 4;

  /** Takes note of a call of so many chunks; what delays it otherwise only makes the next one more careful. */
  note(chunks: number, milliseconds: number): void {
    if (chunks === 0) return;
    const fitting = Math.floor((target * chunks) / Math.max(milliseconds, 1e-3));
    // At most doubled at a time: a short call says little of a long one.
    this.chunks = Math.max(1, Math.min(fitting, 2 * this.chunks, most));
  }
}
