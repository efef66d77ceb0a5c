/**
 * How well what a person chose next stands among what they did not: its rank, told by group in a secure sum, so that
 * nobody's rank is known. HR@10 is the share of persons with a rank among the first ten, NDCG@10 the mean of
 * 1/log₂(rank + 2) over them, rank from 0, and 0 for the others (He et al. 2017, «Neural Collaborative Filtering», §4.1).
 */

/** Others that a choice is ranked among, which the person never chose. */
export const ranked = 99;

/** What of a rank is told: whether it is behind the first ten, whether it is among them, and what it adds to NDCG@10. */
export const rankNumbers = 3;

const firstRanks = 10;

/** One person's, whose norm is at most √2. @param rank from 0 */
export const rankShares = (rank: number): [number, number, number] =>
  rank < firstRanks ? [0, 1, 1 / Math.log2(rank + 2)] : [1, 0, 0];

/**
 * How many of the others stand before the choice; one that ties does, and all before a score that is no number, so that a
 * model that knows nothing hits nothing.
 */
export const rankOf = (chosen: number, others: ArrayLike<number>): number =>
  Array.from(others).filter((score) => !(score < chosen)).length;

export interface RankingFigures {
  hitRate: number;
  ndcg: number;
  /** Persons, as the noisy sum has them */
  persons: number;
  /** Standard deviation of hitRate, of sampling persons and of the sum's noise */
  deviation: number;
}

/** Persons whom the figures need, in deviations of the noise on their number. */
const fewestDeviations = 5;

/**
 * @param shares noisy sum of rankShares [rankNumbers]
 * @param noise standard deviation on each
 * @returns undefined where there are too few persons to say
 */
export function rankingFigures(shares: ArrayLike<number>, noise: number): RankingFigures | undefined {
  const [missed, hit, gain] = Array.from(shares) as [number, number, number];
  const persons = missed + hit;
  if (!(persons > 0) || persons < fewestDeviations * noise * Math.SQRT2) return undefined;
  const share = (x: number) => Math.min(1, Math.max(0, x / persons));
  const hitRate = share(hit);
  // Of a ratio: hits are in the whole as well.
  const ofNoise = (noise / persons) ** 2 * ((1 - hitRate) ** 2 + hitRate ** 2);
  const deviation = Math.sqrt((hitRate * (1 - hitRate)) / persons + ofNoise);
  return { hitRate, ndcg: share(gain), persons, deviation };
}
