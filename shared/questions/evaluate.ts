/**
 * `evaluate`: on held-back rows, the score histogram, and by group and label how many rows each threshold selects.
 * Counts at the very thresholds are far more exact than what interpolation in a bin could give. Where a surrogate tree
 * was grown, how many rows it decides as the model does. Of more than two outcomes, a table of classes instead. Of choices,
 * where the last one stands among others, by group.
 */
import { classCounts } from "../fairness/class-figures.ts";
import { cellsOf, cellsPerRow, scoreBins, undisclosed } from "../fairness/histogram.ts";
import { rankNumbers, rankShares } from "../recommend/ranking.ts";
import { classesOf, entityTypesOf, hasTree, type Task } from "../task.ts";
import { type Entity, entityTable } from "../text/tags.ts";
import type { Layout } from "./layout.ts";
import { besideChoices, countUnit, layOut, readSegment, segment } from "./layout.ts";

/** The decision at probability ½, and the one of the task's fairness rule. */
export const evaluatedThresholds = 2;

/**
 * Names that count of one text, of those that stand in it and as many of those found: the first ones. More would let one
 * text move the counts further, and so need more noise; of the texts of CoNLL-2003 and of the Broad Twitter Corpus 2 in 100 have more.
 */
export const countedEntities = 5;

export function evaluateLayout(task: Task): Layout {
  const types = entityTypesOf(task);
  if (types) {
    const length = types.length * classCounts;
    const unit = countUnit(task.privacy.unit, length + 2);
    // So many stand in a text, as many are found in it, and no more of them are right.
    const bound = Math.sqrt(classCounts) * countedEntities;
    return layOut(task.privacy.unit, [
      { name: "entities", length, bound, unit, rounded: false },
      { name: "right", length: 2, bound: 1, unit, rounded: false },
    ]);
  }
  const classes = classesOf(task);
  if (classes) {
    const length = classes.length * classCounts;
    const unit = countUnit(task.privacy.unit, length);
    // A row is in one class, is taken for one, and is right at most once.
    return layOut(task.privacy.unit, [
      { name: "classes", length, bound: Math.sqrt(classCounts), unit, rounded: false },
    ]);
  }
  const cells = cellsOf(task).length;
  const agreement = hasTree(task) ? 2 : 0;
  const ranks = task.data.items ? cells * rankNumbers : 0;
  const lengths = { histogram: cells * 2 * scoreBins.count, selected: evaluatedThresholds * cells * 2 };
  const unit = countUnit(task.privacy.unit, lengths.histogram + lengths.selected + agreement + ranks);
  const perRow = Math.sqrt(cellsPerRow(task));
  const beside = ranks > 0 ? besideChoices * unit : unit;
  return layOut(task.privacy.unit, [
    { name: "histogram", length: lengths.histogram, bound: perRow, unit: beside, rounded: false },
    {
      name: "selected",
      length: lengths.selected,
      bound: perRow * Math.sqrt(evaluatedThresholds),
      unit: beside,
      rounded: false,
    },
    ...(agreement > 0 ? [{ name: "agreement", length: agreement, bound: 1, unit, rounded: false }] : []),
    ...(ranks > 0 ? [{ name: "ranks", length: ranks, bound: Math.SQRT2 * perRow, unit, rounded: false }] : []),
  ]);
}

/** Whole counts of names by type and of texts whose every word is tagged right, in the layout's places [dimension]. */
export function entityCounts(
  task: Task,
  layout: Layout,
  gold: readonly Entity[][],
  found: readonly Entity[][],
  right: readonly boolean[],
): Float64Array {
  const counts = new Float64Array(layout.dimension);
  const counted = gold.map((own, i) => ({
    gold: own.slice(0, countedEntities),
    found: found[i]!.slice(0, countedEntities),
  }));
  counts.set(entityTable(entityTypesOf(task)!, counted), segment(layout, "entities").offset);
  const { offset } = segment(layout, "right");
  for (const whole of right) counts[offset + Number(whole)]! += 1;
  return counts;
}

/** What one person's rank adds in each cell of their last choice, [dimension]. @param cells of that row, `undisclosed` among them */
export function rankAnswer(rank: number, cells: Uint8Array, layout: Layout): Float64Array {
  const answer = new Float64Array(layout.dimension);
  const { offset } = segment(layout, "ranks");
  for (const cell of cells) if (cell !== undisclosed) answer.set(rankShares(rank), offset + cell * rankNumbers);
  return answer;
}

export interface EvaluateSum {
  /** [cells, 2, bins] */
  histogram: Float64Array;
  /** [thresholds, cells, 2] */
  selected: Float64Array;
  /** Rows on which the tree decides otherwise than the model, and as it; undefined without a tree */
  agreement?: Float64Array;
  /** [cells, rankNumbers], of choices */
  ranks?: Float64Array;
}

export function readEvaluate(layout: Layout, sum: Float64Array): EvaluateSum {
  return {
    histogram: readSegment(layout, sum, "histogram"),
    selected: readSegment(layout, sum, "selected"),
    ...(layout.segments.some(({ name }) => name === "agreement") && {
      agreement: readSegment(layout, sum, "agreement"),
    }),
    ...(layout.segments.some(({ name }) => name === "ranks") && { ranks: readSegment(layout, sum, "ranks") }),
  };
}
