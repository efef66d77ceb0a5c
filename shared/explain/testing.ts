/** Games for the tests of explanations. */
import type { Game } from "./coalitions.ts";

/** A game whose players are single columns, scored row by row. */
export function gameOf(
  f: (x: readonly number[]) => number,
  row: readonly number[],
  background: readonly (readonly number[])[],
): Game {
  const width = row.length;
  return {
    row,
    background: Float64Array.from(background.flat()),
    players: row.map((_, i) => [i]),
    score: (inputs) =>
      Array.from({ length: inputs.length / width }, (_, r) =>
        f(Array.from(inputs.subarray(r * width, (r + 1) * width))),
      ),
  };
}

export const sigmoid = (z: number) => 1 / (1 + Math.exp(-z));

/** σ(tanh(x·W1)·w2): everything interacts with everything. @param w1 [inputs][hidden] */
export const network = (w1: number[][], w2: number[]) => (x: readonly number[]) =>
  sigmoid(w2.reduce((sum, w, h) => sum + w * Math.tanh(x.reduce((at, v, i) => at + v * w1[i]![h]!, 0)), 0));
