/**
 * Shapley values as the mean of what each player adds in random orders (Castro, Gómez & Tejada 2009), every order with
 * its reverse (Mitchell et al. 2022, §4). The shares add up exactly, however few orders there are.
 */
import { type Attributions, type Game, valuesOf } from "./coalitions.ts";
import { Seeded } from "./seeded.ts";

export interface PermutationShapOptions {
  seed: number;
  /** Pairs of an order and its reverse; at least 2, so that the errors can be told */
  pairs?: number;
}

const defaultPairs = 32;

export async function permutationShap(game: Game, options: PermutationShapOptions): Promise<Attributions> {
  const players = game.players.length;
  const pairs = Math.max(2, options.pairs ?? defaultPairs);
  const random = new Seeded(options.seed);
  const orders = Array.from({ length: pairs }, () => random.permutation(players)).flatMap((order) => [
    order,
    [...order].reverse(),
  ]);
  const values = await valuesOf(game, walks(orders, players));
  // By pair and player: what the player added, on average over the order and its reverse.
  const added = Array.from({ length: pairs }, () => Array<number>(players).fill(0));
  orders.forEach((order, k) => {
    order.forEach((player, step) => {
      const at = k * (players + 1) + step;
      added[k >> 1]![player]! += (values[at + 1]! - values[at]!) / 2;
    });
  });
  const mean = (i: number) => added.reduce((sum, pair) => sum + pair[i]!, 0) / pairs;
  const shares = Array.from({ length: players }, (_, i) => mean(i));
  const errors = shares.map((share, i) => {
    const squares = added.reduce((sum, pair) => sum + (pair[i]! - share) ** 2, 0);
    return Math.sqrt(squares / (pairs - 1) / pairs);
  });
  return { base: values[0]!, score: values[players]!, values: shares, errors, evaluated: values.length };
}

/** From nobody to all, one player at a time, in each order. */
function* walks(orders: readonly (readonly number[])[], players: number): Generator<boolean[]> {
  for (const order of orders) {
    const coalition = Array<boolean>(players).fill(false);
    yield [...coalition];
    for (const player of order) {
      coalition[player] = true;
      yield [...coalition];
    }
  }
}
