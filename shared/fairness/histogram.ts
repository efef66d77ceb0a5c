/**
 * H[cell][label][bin]: how many rows of a group with a label have a score in a bin. It is the one evidence object of
 * fairness: every metric and every penalty is a function of it (design.md, idea 2).
 *
 * Cells are the groups of all sensitive attributes and of their crossings, one attribute after the other, so a row with
 * two attributes is counted in two cells. Without any sensitive attribute there is one cell, «all»; of more than two
 * outcomes there is no one score, so there are none. Layout: row-major [cells, 2, bins].
 */
import { attributesOf, classesOf, type Task } from "../task.ts";

/**
 * Bins are fixed in logit space: 16 between −6.25 and 3.75, the outer two open. Equal-width bins of probability give
 * badly wrong AUC gaps (.005 with 8 bins where .049 is right, on Adult). An edge lies at 0, so that who is selected at
 * probability ½ is counted, not interpolated: a penalty bends the very density at its threshold, and interpolation
 * then put a gap of .006 for one of −.006.
 */
export const scoreBins = { low: -6.25, high: 3.75, count: 16 } as const;
export const binWidth = (scoreBins.high - scoreBins.low) / scoreBins.count;

/** Bin of a logit; NaN never gets here (the kernels refuse it). */
export function binOf(logit: number): number {
  const bin = Math.floor((logit - scoreBins.low) / binWidth);
  return Math.min(scoreBins.count - 1, Math.max(0, bin));
}

export const binCentre = (bin: number): number => scoreBins.low + (bin + 0.5) * binWidth;

/** No group known: the row is trained on, but counted in no cell of that attribute. */
export const undisclosed = 255;

export interface Cell {
  attribute: string;
  group: string;
}

/** The cells of a task in the order they stand in every histogram and table. */
export function cellsOf(task: Task): Cell[] {
  if (classesOf(task)) return [];
  const cells = attributesOf(task).flatMap(({ name, groups }) => groups.map((group) => ({ attribute: name, group })));
  return cells.length > 0 ? cells : [{ attribute: "all", group: "all" }];
}

/** How many cells one row can stand in: the number of sensitive attributes and crossings, or 1. */
export const cellsPerRow = (task: Task): number => (classesOf(task) ? 0 : Math.max(1, attributesOf(task).length));

/** Index of the first cell of each attribute. */
export function firstCells(task: Task): number[] {
  const first: number[] = [];
  let next = 0;
  for (const attribute of attributesOf(task)) {
    first.push(next);
    next += attribute.groups.length;
  }
  return first.length > 0 ? first : [0];
}

/** Index into [cells, 2, bins]. */
export const histogramIndex = (cell: number, label: number, bin: number): number =>
  (cell * 2 + label) * scoreBins.count + bin;

/**
 * What the coordinator broadcasts with the model: a penalty as a table.
 * The loss kernel adds, per row, `dL/dz = Π_cells weight[cell][y] · (p − y) + Σ_cells lerp(slope[cell][y], z)`,
 * linear between bin centres and constant outside them.
 */
export interface Witness {
  /** [cells, 2, bins], per logit */
  slope: number[];
  /** [cells, 2], 1 where nothing is re-weighted */
  weight: number[];
}

/** What the loss kernel reads from the table for one row: linear between bin centres, constant outside them. */
export function slopeAt({ slope }: Witness, cell: number, label: number, logit: number): number {
  const position = Math.min(scoreBins.count - 1, Math.max(0, (logit - scoreBins.low) / binWidth - 0.5));
  const bin = Math.min(scoreBins.count - 2, Math.floor(position));
  const at = (b: number) => slope[histogramIndex(cell, label, b)]!;
  return at(bin) + (position - bin) * (at(bin + 1) - at(bin));
}

export function neutralWitness(task: Task): Witness {
  const cells = cellsOf(task).length;
  return { slope: Array(cells * 2 * scoreBins.count).fill(0), weight: Array(cells * 2).fill(1) };
}
