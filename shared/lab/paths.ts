/** How accuracy on the test rows came about, round by round: of each setting and ε, means over seeds with their intervals. */
import type { Done } from "./curves.ts";
import { type Grid, labelOf } from "./grid.ts";
import { type Spread, spreadOf } from "./spread.ts";

export interface PathPoint extends Spread {
  label: string;
  epsilon: number | "inf";
  round: number;
}

/** Of each setting, ε and round that was looked at. */
export function pathsOf(grid: Grid, done: readonly Done[]): PathPoint[] {
  const values = new Map<string, Pick<PathPoint, "label" | "epsilon" | "round" | "values">>();
  for (const { cell, result } of done) {
    const [label, { epsilon }] = [labelOf(grid, cell, ["epsilon", "rounds"]), cell];
    for (const { round, accuracy } of result.path) {
      const key = JSON.stringify([label, epsilon, round]);
      const known = values.get(key);
      if (known) known.values.push(accuracy);
      else values.set(key, { label, epsilon, round, values: [accuracy] });
    }
  }
  return [...values.values()].map((point) => ({ ...point, ...spreadOf(point.values) }));
}
