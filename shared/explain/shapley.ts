/**
 * Shapley values by full enumeration (Shapley 1953; Štrumbelj & Kononenko 2010):
 *   φᵢ = Σ_{S∌i} |S|!(M − |S| − 1)!/M! · (v(S ∪ i) − v(S))
 */
import { InputError } from "../errors.ts";
import { type Attributions, type Game, valuesOf } from "./coalitions.ts";

/** 4,096 coalitions, each scored with every background row; one more player doubles them. */
export const mostPlayers = 12;

/** @throws InputError beyond twelve players */
export async function exactShapley(game: Game): Promise<Attributions> {
  const players = game.players.length;
  if (players > mostPlayers)
    throw new InputError(
      "method",
      `is exact, which takes at most ${mostPlayers} features, and the model has ${players}`,
      "Use kernel-shap or permutation-shap.",
    );
  const count = 2 ** players;
  const values = await valuesOf(game, grayCode(players));
  // 1/(M·C(M−1, s)): the chance that exactly these s players came before i in a random order.
  const chance = [1 / players];
  for (let s = 1; s < players; s++) chance.push((chance[s - 1]! * s) / (players - s));
  const shares = Array<number>(players).fill(0);
  let base = 0;
  let score = 0;
  for (let k = 0; k < count; k++) {
    const coalition = k ^ (k >>> 1);
    const value = values[k]!;
    const size = bitsOf(coalition);
    if (size === 0) base = value;
    if (size === players) score = value;
    for (let i = 0; i < players; i++)
      shares[i]! += (coalition >>> i) & 1 ? chance[size - 1]! * value : -chance[size]! * value;
  }
  return { base, score, values: shares, errors: shares.map(() => 0), evaluated: count };
}

/** All coalitions, neighbours one player apart. */
function* grayCode(players: number): Generator<boolean[]> {
  for (let k = 0; k < 2 ** players; k++) {
    const code = k ^ (k >>> 1);
    yield Array.from({ length: players }, (_, i) => ((code >>> i) & 1) === 1);
  }
}

function bitsOf(n: number): number {
  let bits = 0;
  for (let rest = n; rest; rest &= rest - 1) bits++;
  return bits;
}
