/**
 * `explain`: what weighs in the model. Of every held-back row the absolute attributions of its features (integrated
 * gradients, explain/integrated-gradients.ts; of a linear model they are its Shapley values), added up for everybody and
 * for each group, beside the number of rows.
 */
import { undisclosed } from "../fairness/histogram.ts";
import { attributesOf, type Task } from "../task.ts";
import { gridUnit, type Layout, layOut, readSegment, segment } from "./layout.ts";

/** L2 bound of one row's attributions where a task does not ask for any. */
const noBound = 1;

/** Everybody, then the groups of each attribute in the order of the cells. */
function blocksOf(task: Task): { attribute: string; group: string }[] {
  const groups = attributesOf(task).flatMap(({ name, groups }) => groups.map((group) => ({ attribute: name, group })));
  return [{ attribute: "", group: "" }, ...groups];
}

/** Blocks that one row is in: everybody's, and one of each attribute. */
const blocksPerRow = (task: Task): number => 1 + attributesOf(task).length;

/** `attributions` [blocks, features], logits, and `rows` [blocks]. */
export function explainLayout(task: Task): Layout {
  const { unit } = task.privacy;
  const [blocks, features] = [blocksOf(task).length, task.data.features.length];
  const perRow = Math.sqrt(blocksPerRow(task));
  const bound = task.explain?.attributionBound ?? noBound;
  const length = blocks * features;
  const grid =
    unit === "record"
      ? gridUnit("record", blocksPerRow(task) * features, bound * perRow)
      : gridUnit("participant", length + blocks, bound * perRow);
  return layOut(unit, [
    { name: "attributions", length, bound: bound * perRow, unit: grid, rounded: true },
    // As loud as the attributions, so that neither is lost beside the other; exact where counts are whole.
    {
      name: "rows",
      length: blocks,
      bound: perRow,
      unit: unit === "record" ? Math.round(grid * bound) : grid * bound,
      rounded: false,
    },
  ]);
}

/** The tab's rows whose groups are counted. */
interface Grouped {
  count: number;
  /** [rows, attributes] */
  cells: ArrayLike<number>;
}

/**
 * The sum over rows in the quantities' own units, [dimension]. Each row is shortened to the bound by itself, and at record
 * level rounded to the grid by itself, so that the sum with it and without it differ by no more than the layout says. One
 * whose attributions overflow counts as all zeros: it would take the other rows' sum with it.
 * @param absolute absolute attributions, logits [rows, features]
 */
export function sumExplained(task: Task, layout: Layout, absolute: ArrayLike<number>, rows: Grouped): Float64Array {
  const sum = new Float64Array(layout.dimension);
  const [attributions, counts] = [segment(layout, "attributions"), segment(layout, "rows")];
  const features = task.data.features.length;
  const attributes = attributesOf(task).length;
  const bound = task.explain?.attributionBound ?? noBound;
  const { unit } = attributions;
  const onGrid = (x: number) => (task.privacy.unit === "record" ? Math.round(x * unit) / unit : x);
  for (let row = 0; row < rows.count; row++) {
    const raw = Array.from({ length: features }, (_, f) => absolute[row * features + f]!);
    const norm = Math.hypot(...raw);
    const own = raw.map((x) => (Number.isFinite(norm) ? x * Math.min(1, bound / Math.max(norm, Number.MIN_VALUE)) : 0));
    const blocks = [0];
    for (let a = 0; a < attributes; a++) {
      const cell = rows.cells[row * attributes + a]!;
      if (cell !== undisclosed) blocks.push(1 + cell);
    }
    for (const block of blocks) {
      own.forEach((x, f) => {
        sum[attributions.offset + block * features + f]! += onGrid(x);
      });
      sum[counts.offset + block]! += 1;
    }
  }
  return sum;
}

/** Mean absolute attribution by feature, logits. */
export type Importance = Record<string, number>;

export interface ExplainSum {
  importance: Importance;
  /** Standard deviation of the noise on each of them, logits */
  deviation: number;
  /** By attribute and group; groups too small for the noise are left out */
  byGroup: Record<string, Record<string, Importance>>;
}

/** A mean of fewer rows than this many deviations of the count's noise says nothing. */
const surelyThere = 5;

/** Nor does one whose own noise is as large as what columns usually weigh, logits. */
const largestDeviation = 0.1;

/** @param noise its standard deviation on a count and on a sum of attributions @returns undefined: too few rows to say */
export function readExplain(
  task: Task,
  layout: Layout,
  sum: Float64Array,
  noise: { rows: number; attributions: number },
): ExplainSum | undefined {
  const [attributions, rows] = [readSegment(layout, sum, "attributions"), readSegment(layout, sum, "rows")];
  const { features } = task.data;
  const meanOf = (block: number): Importance | undefined => {
    const count = rows[block]!;
    if (!(count > surelyThere * noise.rows && noise.attributions / count <= largestDeviation)) return undefined;
    const mean = (f: number) => Math.max(0, attributions[block * features.length + f]! / count);
    return Object.fromEntries(features.map(({ name }, f) => [name, mean(f)]));
  };
  const importance = meanOf(0);
  if (!importance) return undefined;
  const byGroup: ExplainSum["byGroup"] = {};
  blocksOf(task).forEach(({ attribute, group }, block) => {
    const own = block > 0 ? meanOf(block) : undefined;
    if (own) byGroup[attribute] = { ...byGroup[attribute], [group]: own };
  });
  return { importance, byGroup, deviation: noise.attributions / rows[0]! };
}
