/** What a simulated participant answers to `train`: in float64 what its tab would compute, in the layout's grid steps. */
import type { TypedRows } from "../../shared/data/rows.ts";
import { binOf, histogramIndex, slopeAt, undisclosed, type Witness } from "../../shared/fairness/histogram.ts";
import type { Layout } from "../../shared/questions/layout.ts";
import type { Learner } from "../learner.ts";
import type { Tampering } from "./poison.ts";
import type { Participant } from "./population.ts";

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
  /** Adds an answer to a sum. @param layout at the round's clip norm @param total [dimension], grid steps */
  add(learner: Learner, asked: Asked, layout: Layout, total: Float64Array): void;
}

/** The table that a tab's own histogram leads to; only where penalties act on own gaps. */
export type OwnWitness = (number: number, histogram: Float64Array) => Witness;

/** Counts a row's score by its cells, its label and the bin. */
export function countScore({ cells, count, labels }: TypedRows, row: number, z: number, histogram: Float64Array): void {
  const bin = binOf(z);
  const perRow = cells.length / count;
  for (let k = row * perRow; k < (row + 1) * perRow; k++) {
    const cell = cells[k]!;
    if (cell !== undisclosed) histogram[histogramIndex(cell, labels[row]!, bin)]! += 1;
  }
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
