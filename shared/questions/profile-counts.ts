/** The answer to `profile`: counts of the tab's training rows, per column. */

import type { TypedRows } from "../data/rows.ts";
import { undisclosed } from "../fairness/histogram.ts";
import type { Task } from "../task.ts";
import { type Layout, segment } from "./layout.ts";
import { profileBin } from "./profile.ts";

/** What a person's choices add: 1/√n to each of n, so that every person moves the sum by a norm of 1. [dimension] */
export function choiceShares(chosen: Uint32Array, layout: Layout): Float64Array {
  const shares = new Float64Array(layout.dimension);
  const { offset } = segment(layout, "items");
  for (const place of chosen) shares[offset + place] = 1 / Math.sqrt(chosen.length);
  return shares;
}

/** Whole counts in the layout's places, [dimension]. */
export function profileCounts(rows: TypedRows, task: Task, layout: Layout): Float64Array {
  const counts = new Float64Array(layout.dimension);
  const add = (offset: number, place: number) => {
    counts[offset + place] = counts[offset + place]! + 1;
  };
  for (const feature of task.data.features) {
    const { offset, length } = segment(layout, `feature:${feature.name}`);
    for (let row = 0; row < rows.count; row++) {
      if (feature.kind === "numeric") {
        add(offset, profileBin(rows.numeric[feature.name]![row]!, feature));
      } else {
        const value = rows.categorical[feature.name]![row]!;
        add(offset, value < 0 ? length - 1 : value);
      }
    }
  }
  const cells = segment(layout, "cells").offset;
  const labels = segment(layout, "labels").offset;
  const attributes = rows.cells.length / Math.max(1, rows.count);
  for (let row = 0; row < rows.count; row++) {
    const label = rows.labels[row]!;
    add(labels, label);
    for (let a = 0; a < attributes; a++) {
      const cell = rows.cells[row * attributes + a]!;
      if (cell !== undisclosed) add(cells, cell * 2 + label);
    }
  }
  return counts;
}
