/** What a simulated cohort answers to `train`: what its tabs would compute, in the layout's grid steps, added up. */
import type { TypedRows } from "../../shared/data/rows.ts";
import { binOf, cellsOf, histogramIndex, slopeAt, undisclosed, type Witness } from "../../shared/fairness/histogram.ts";
import { type Layout, segment } from "../../shared/questions/layout.ts";
import type { Task } from "../../shared/task.ts";
import type { Learner } from "../learner.ts";
import type { Tampering } from "./poison.ts";
import { cellsOfRow, type Participant } from "./population.ts";

/** One of those whose answers are in a sum, and its place among all participants. */
export interface Asked {
  participant: Participant;
  number: number;
  /** Of an attacker */
  tampering?: Tampering | undefined;
  /** Of a straggler: the share of its local steps that it comes to */
  share?: number | undefined;
}

export interface Work {
  /** The sum of all their answers. @param layout at the round's clip norm @returns [dimension], grid steps */
  sum(learner: Learner, asked: readonly Asked[], layout: Layout): Promise<Float64Array>;
}

/** The table that a tab's own histogram leads to; only where penalties act on own gaps. */
export type OwnWitness = (number: number, histogram: Float64Array) => Witness;

/** Rows of several, one after the other. */
export function rowsOf(asked: readonly Asked[], portion: "train" | "heldBack"): Uint32Array {
  const joined = new Uint32Array(asked.reduce((sum, { participant }) => sum + participant[portion].length, 0));
  let at = 0;
  for (const { participant } of asked) {
    joined.set(participant[portion], at);
    at += participant[portion].length;
  }
  return joined;
}

/** Counts a row's score by its cells, its label and the bin. */
export function countScore({ cells, count, labels }: TypedRows, row: number, z: number, histogram: Float64Array): void {
  const bin = binOf(z);
  const perRow = cells.length / count;
  for (let k = row * perRow; k < (row + 1) * perRow; k++) {
    const cell = cells[k]!;
    if (cell !== undisclosed) histogram[histogramIndex(cell, labels[row]!, bin)]! += 1;
  }
}

/** What some rows' scores add to `evaluate`, in plain counts [dimension]. @param first of the logits, the first row's */
export function evaluateCounts(
  task: Task,
  layout: Layout,
  rows: TypedRows,
  { which, logits, first }: { which: Uint32Array; logits: ArrayLike<number>; first: number },
  thresholds: readonly number[],
): Float64Array {
  const counts = new Float64Array(layout.dimension);
  const [histogram, selected] = [segment(layout, "histogram"), segment(layout, "selected")];
  const cells = cellsOf(task).length;
  for (let k = 0; k < which.length; k++) {
    const z = logits[first + k]!;
    const label = rows.labels[which[k]!]!;
    for (const cell of cellsOfRow(rows, which[k]!)) {
      counts[histogram.offset + histogramIndex(cell, label, binOf(z))]! += 1;
      thresholds.forEach((t, j) => {
        if (z >= t) counts[selected.offset + (j * cells + cell) * 2 + label]! += 1;
      });
    }
  }
  return counts;
}

/** dL/dz of a row: what kernels/loss/sigmoid-gradient.wgsl computes. */
export function lossSlope(rows: TypedRows, row: number, z: number, witness: Witness): number {
  const label = rows.labels[row]!;
  let [weight, penalty] = [1, 0];
  const perRow = rows.cells.length / rows.count;
  for (let i = row * perRow; i < (row + 1) * perRow; i++) {
    const cell = rows.cells[i]!;
    if (cell === undisclosed) continue;
    weight *= witness.weight[cell * 2 + label]!;
    penalty += slopeAt(witness, cell, label, z);
  }
  return weight * (1 / (1 + Math.exp(-z)) - label) + penalty;
}
