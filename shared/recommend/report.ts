/** HR@10 and NDCG@10 of a run, of all persons and of each group, from the noisy sum of ranks. */
import { cellsOf } from "../fairness/histogram.ts";
import { attributesOf, type Task } from "../task.ts";
import { type RankingFigures, rankingFigures, rankNumbers } from "./ranking.ts";

export interface RankingReport extends RankingFigures {
  /** By sensitive attribute and group; a group with too few persons to say is left out */
  byGroup: Record<string, Record<string, RankingFigures>>;
  /** By sensitive attribute: largest difference of two groups' figures, where at least two can be told */
  gaps: Record<string, RankingGap>;
}

export interface RankingGap {
  hitRate: number;
  ndcg: number;
  /** Standard deviation of the difference of those two hit rates */
  deviation: number;
}

/**
 * All persons are read off the first attribute, whose cells each person stands in once: who disclosed none is not among
 * them.
 * @param ranks noisy [cells, rankNumbers] @param noise standard deviation on each
 * @returns undefined where there are too few persons to say
 */
export function rankingReport(task: Task, ranks: Float64Array, noise: number): RankingReport | undefined {
  const cells = cellsOf(task);
  const of = (cell: number) => ranks.subarray(cell * rankNumbers, (cell + 1) * rankNumbers);
  const first = cells.flatMap(({ attribute }, cell) => (attribute === cells[0]!.attribute ? [cell] : []));
  const all = Float64Array.from({ length: rankNumbers }, (_, k) => first.reduce((sum, cell) => sum + of(cell)[k]!, 0));
  const figures = rankingFigures(all, noise * Math.sqrt(first.length));
  if (!figures) return undefined;
  const byGroup: RankingReport["byGroup"] = {};
  for (const { name } of attributesOf(task)) {
    const own = cells.flatMap(({ attribute, group }, cell) => {
      const told = attribute === name ? rankingFigures(of(cell), noise) : undefined;
      return told ? [[group, told] as const] : [];
    });
    byGroup[name] = Object.fromEntries(own);
  }
  return { ...figures, byGroup, gaps: gapsOf(byGroup) };
}

function gapsOf(byGroup: RankingReport["byGroup"]): RankingReport["gaps"] {
  const gaps: RankingReport["gaps"] = {};
  for (const [attribute, groups] of Object.entries(byGroup)) {
    const byRate = Object.values(groups).sort((a, b) => a.hitRate - b.hitRate);
    const [worst, best] = [byRate[0], byRate.at(-1)];
    if (byRate.length < 2 || !worst || !best) continue;
    const ndcg = byRate.map((group) => group.ndcg);
    gaps[attribute] = {
      hitRate: best.hitRate - worst.hitRate,
      ndcg: Math.max(...ndcg) - Math.min(...ndcg),
      deviation: Math.hypot(best.deviation, worst.deviation),
    };
  }
  return gaps;
}
