/** A table's rows, shared out among simulated participants, encoded as the task says. */
import { encodeFeatures, type Normalisation } from "../../shared/data/features.ts";
import { readRows, type TextRecord, type TypedRows } from "../../shared/data/rows.ts";
import { undisclosed } from "../../shared/fairness/histogram.ts";
import { architectureOf, inputWidth } from "../../shared/model.ts";
import type { RandomSource } from "../../shared/privacy/random.ts";
import type { Task } from "../../shared/task.ts";
import { Network, sparse } from "./network.ts";

/** Steps of a coin: shares are kept to one part in a million. */
const coinSides = 1_000_000;

export interface Participant {
  /** Rows it trains on, and rows it keeps back for `evaluate` */
  train: Uint32Array;
  heldBack: Uint32Array;
}

/** Rows that a model can be asked about. */
export interface Encoded {
  rows: TypedRows;
  network: Network;
}

export function encode(rows: TypedRows, task: Task, normalisation: Normalisation): Encoded {
  return { rows, network: networkOf(task, encodeFeatures(rows, task, normalisation)) };
}

/** @param features model inputs [rows, width] */
export const networkOf = (task: Task, features: Float32Array): Network =>
  new Network(architectureOf(task), sparse(features, inputWidth(task)));

/** @param part of each record, the participant that holds it */
export function participantsOf(parts: readonly number[], share: number, random: RandomSource): Participant[] {
  const members = new Map<number, number[]>();
  parts.forEach((part, row) => {
    const known = members.get(part);
    if (known) known.push(row);
    else members.set(part, [row]);
  });
  return [...members.values()].map((own) => {
    // A simulation lasts no longer than its rows' parts: a coin is enough (shared/data/portions.ts has the tab's).
    const coins = own.map(() => random.below(coinSides) < share * coinSides);
    return {
      train: Uint32Array.from(own.filter((_, i) => !coins[i])),
      heldBack: Uint32Array.from(own.filter((_, i) => coins[i])),
    };
  });
}

export const typed = (records: readonly TextRecord[], task: Task): TypedRows => readRows(records, task).rows;

/** Cells of a row, without undisclosed ones. */
export function cellsOfRow({ cells, count }: TypedRows, row: number): Uint8Array {
  const perRow = cells.length / count;
  return cells.subarray(row * perRow, (row + 1) * perRow).filter((cell) => cell !== undisclosed);
}
