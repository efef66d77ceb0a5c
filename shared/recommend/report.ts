/** HR@10 and NDCG@10 of a run, of all persons and of each group, from the noisy sum of ranks. */
import { cellsOf } from "../fairness/histogram.ts";
import { attributesOf, type Task } from "../task.ts";
import { type RankingFigures, rankCounts, rankingFigures } from "./ranking.ts";

export interface RankingReport extends RankingFigures {
  /** By sensitive attribute and group; a group with too few persons to say is left out */
  byGroup: Record<string, Record<string, RankingFigures>>;
}

/**
 * All persons are read off the first attribute, whose cells each person stands in once: who disclosed none is not among
 * them.
 * @param ranks noisy [cells, rankCounts] @param noise standard deviation on each
 * @returns undefined where there are too few persons to say
 */
export function rankingReport(task: Task, ranks: Float64Array, noise: number): RankingReport | undefined {
  const cells = cellsOf(task);
  const of = (cell: number) => ranks.subarray(cell * rankCounts, (cell + 1) * rankCounts);
  const first = cells.flatMap(({ attribute }, cell) => (attribute === cells[0]!.attribute ? [cell] : []));
  const all = Float64Array.from({ length: rankCounts }, (_, rank) =>
    first.reduce((sum, cell) => sum + of(cell)[rank]!, 0),
  );
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
  return { ...figures, byGroup };
}
