/** A lab that was forked tells its parent of each cell, and does not outlive it. */
import type { Done } from "../../shared/lab/curves.ts";
import type { CellNews } from "../lab-jobs.ts";

/** @param on the adapter that computes, where one does */
export function parentOf(
  child: NodeJS.Process,
  on: string | undefined,
): { onDone?: (done: Done, left: number) => void } {
  if (!child.send) return {};
  child.once("disconnect", () => child.exit(1));
  // The listener alone must not keep a lab alive that is done.
  child.channel?.unref();
  return { onDone: (done, left) => void child.send!({ done, left, on: on ?? null } satisfies CellNews) };
}
