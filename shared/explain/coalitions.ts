/**
 * The game that Shapley values divide: players are features, and v(S) is the model's mean score when the features in S
 * are the explained row's and the others a background row's (interventional; Janzing et al. 2020). A categorical
 * feature's one-hot columns are one player.
 */
import { invariant } from "../errors.ts";

/**
 * Scores of model inputs [rows, width], row-major → [rows]. Where they are computed is not said: on the processor, or
 * by the tab's adapter.
 */
export type Score = (inputs: Float64Array) => ArrayLike<number> | Promise<ArrayLike<number>>;

export interface Game {
  score: Score;
  /** The explained row [width] */
  row: ArrayLike<number>;
  /** Rows to compare with [count, width]: the tab's own, public ones, or drawn from noisy counts; never someone else's */
  background: Float64Array;
  /** By player: its columns */
  players: readonly (readonly number[])[];
}

/** Model inputs given to `score` at once, at most; an adapter likes thousands. */
const batchRows = 8192;

/**
 * v of many coalitions. Each is made from the one before by moving only the players that changed, so an order in which
 * neighbours differ by one player (Gray code) writes the fewest columns.
 * @param coalitions [players] each: whether the player is the explained row's
 */
export async function valuesOf(game: Game, coalitions: Iterable<readonly boolean[]>): Promise<number[]> {
  const { row, background, players, score } = game;
  const width = row.length;
  const rows = background.length / width;
  invariant(rows >= 1 && Number.isInteger(rows), "the background has whole rows of the explained row's width");
  const current = background.slice();
  const inside = players.map(() => false);
  const move = (player: number, to: boolean) => {
    inside[player] = to;
    for (let b = 0; b < rows; b++) {
      for (const column of players[player]!) {
        const place = b * width + column;
        current[place] = to ? row[column]! : background[place]!;
      }
    }
  };
  const fitting = Math.max(1, Math.floor(batchRows / rows));
  const batch = new Float64Array(fitting * current.length);
  const values: number[] = [];
  let filled = 0;
  const flush = async () => {
    const scores = await score(batch.subarray(0, filled * current.length));
    for (let c = 0; c < filled; c++) {
      let sum = 0;
      for (let b = 0; b < rows; b++) sum += scores[c * rows + b]!;
      values.push(sum / rows);
    }
    filled = 0;
  };
  for (const coalition of coalitions) {
    coalition.forEach((to, player) => {
      if (inside[player] !== to) move(player, to);
    });
    batch.set(current, filled * current.length);
    if (++filled === fitting) await flush();
  }
  if (filled > 0) await flush();
  return values;
}

/** What is said of one player: its share, and where it is estimated, how far it may be off. */
export interface Attributions {
  /** v of nobody: the mean score of the background */
  base: number;
  /** v of all: the explained row's own score */
  score: number;
  /** By player; base + Σ = score */
  values: number[];
  /** Standard error by player; zeros where nothing was sampled */
  errors: number[];
  /** Coalitions that were evaluated */
  evaluated: number;
}
