/**
 * How well what a person chose next stands among what they did not: its rank, counted by group in a secure sum, so that
 * nobody's rank is known. HR@10 is the share of persons with a rank among the first ten, NDCG@10 the mean of
 * 1/log₂(rank + 2) over them, rank from 0, and 0 for the others (He et al. 2017, «Neural Collaborative Filtering», §4.1).
 */

/** Others that a choice is ranked among, which the person never chose. */
export const ranked = 99;

/** Ranks that are told apart; one more count is of all behind them. */
export const firstRanks = 10;
export const rankCounts = firstRanks + 1;

/** How many of the others stand before the choice; one that ties does, so that a model that knows nothing hits nothing. */
export const rankOf = (chosen: number, others: ArrayLike<number>): number =>
  Array.from(others).filter((score) => score >= chosen).length;

export interface RankingFigures {
  hitRate: number;
  ndcg: number;
  /** Persons, as the noisy sum has them */
  persons: number;
  /** Standard deviation of hitRate, of sampling persons and of the sum's noise */
  deviation: number;
}

/** Persons whom the figures need, in deviations of the noise on all counts together. */
const fewestDeviations = 5;

/**
 * @param counts noisy [rankCounts]
 * @param noise standard deviation on each
 * @returns undefined where there are too few persons to say
 */
export function rankingFigures(counts: ArrayLike<number>, noise: number): RankingFigures | undefined {
  const all = Array.from(counts);
  const persons = all.reduce((a, b) => a + b, 0);
  if (!(persons > 0) || persons < fewestDeviations * noise * Math.sqrt(rankCounts)) return undefined;
  const first = all.slice(0, firstRanks);
  const share = (x: number) => Math.min(1, Math.max(0, x / persons));
  const hitRate = share(first.reduce((a, b) => a + b, 0));
  const ndcg = share(first.reduce((sum, count, rank) => sum + count / Math.log2(rank + 2), 0));
  // Of a ratio: hits are in the whole as well, which the others' noise moves.
  const counted = noise ** 2 * (firstRanks * (1 - hitRate) ** 2 + hitRate ** 2);
  const deviation = Math.sqrt((hitRate * (1 - hitRate)) / persons + counted / persons ** 2);
  return { hitRate, ndcg, persons, deviation };
}
