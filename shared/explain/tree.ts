/**
 * A surrogate decision tree (Craven & Shavlik 1996): small enough to read, and grown to decide as the model does. It is
 * grown level by level from counts alone: for each node that is open, how many rows of each bin of each feature the
 * model selects and refuses. Where the counts come from is not said: rows drawn from the noisy profile, or a noisy sum.
 */
import type { FeatureColumns } from "../data/features.ts";
import { profileBin, profileBins } from "../questions/profile.ts";
import type { Feature } from "../task.ts";

export interface TreeNode {
  /** Rows the model refuses and selects here, as counted; noisy counts may be anything above 0 */
  counts: [number, number];
  /** Absent in a leaf */
  split?: Split;
}

export interface Split {
  /** Place among the features */
  feature: number;
  /** By bin: whether it goes left */
  left: boolean[];
  /** By bin: whether a row can come here with it, after the splits above */
  reached: boolean[];
  below: [TreeNode, TreeNode];
}

/** Counts of one open node, by feature: [bins, 2], refused and selected. */
export type NodeCounts = Float64Array[];

export const binsOf = (feature: Feature): number =>
  (feature.kind === "numeric" ? profileBins : feature.values.length) + 1;

/** Bins of rows by feature [features][rows]; the last bin is missing, or another value. */
export function rowBins(features: readonly Feature[], rows: FeatureColumns): Uint16Array[] {
  return features.map((feature) =>
    feature.kind === "numeric"
      ? Uint16Array.from(rows.numeric[feature.name]!, (value) => profileBin(value, feature))
      : Uint16Array.from(rows.categorical[feature.name]!, (value) => (value < 0 ? feature.values.length : value)),
  );
}

/** Follows one row to its leaf. @returns the nodes passed, root first */
export function pathOf(tree: TreeNode, bins: readonly Uint16Array[], row: number): TreeNode[] {
  const path = [tree];
  for (let node = tree; node.split; ) {
    const { feature, left, below } = node.split;
    node = below[left[bins[feature]![row]!] ? 0 : 1];
    path.push(node);
  }
  return path;
}

export const decides = ({ counts }: TreeNode): boolean => counts[1] > counts[0];

/** Counts of the rows at each open node, for trees grown where the rows are. @param selected by row */
export function countRows(
  features: readonly Feature[],
  bins: readonly Uint16Array[],
  selected: ArrayLike<boolean>,
  tree: TreeNode,
  open: readonly TreeNode[],
): NodeCounts[] {
  const counts = open.map(() => features.map((feature) => new Float64Array(binsOf(feature) * 2)));
  const places = new Map(open.map((node, i) => [node, i]));
  for (let row = 0; row < selected.length; row++) {
    const place = places.get(pathOf(tree, bins, row).at(-1)!);
    if (place === undefined) continue;
    features.forEach((_, f) => {
      counts[place]![f]![bins[f]![row]! * 2 + (selected[row] ? 1 : 0)]! += 1;
    });
  }
  return counts;
}

/**
 * Fewer rows than this, in so many bins, are not split off: below the noise, which grows with the bins that are added up, a
 * split means nothing.
 */
export type FewestRows = (bins: number) => number;

export interface GrowOptions {
  depth: number;
  fewestRows: FewestRows;
}

/**
 * @param countsOf counts of the open nodes of the tree as it stands; asked once a level
 */
export async function growTree(
  features: readonly Feature[],
  countsOf: (tree: TreeNode, open: readonly TreeNode[]) => NodeCounts[] | Promise<NodeCounts[]>,
  { depth, fewestRows }: GrowOptions,
): Promise<TreeNode> {
  let tree = bareTree;
  for (let level = 0; level < depth; level++) {
    const open = openNodes(tree, level);
    if (open.length === 0) break;
    tree = growLevel(features, tree, level, await countsOf(tree, open), fewestRows);
  }
  return pruned(tree);
}

/** Nothing counted yet. */
export const bareTree: TreeNode = { counts: [0, 0] };

/** Nodes of one level, from the left; the root's is 0. They are leaves while no deeper level is grown. */
export function openNodes(tree: TreeNode, level: number): TreeNode[] {
  if (level === 0) return [tree];
  return tree.split?.below.flatMap((side) => openNodes(side, level - 1)) ?? [];
}

/**
 * The tree with the nodes of one level split, where that tells more.
 * @param counts of `openNodes(tree, level)`, in their order
 */
export function growLevel(
  features: readonly Feature[],
  tree: TreeNode,
  level: number,
  counts: readonly NodeCounts[],
  fewestRows: FewestRows,
): TreeNode {
  let next = 0;
  const grown = (node: TreeNode, below: number, reached: boolean[][]): TreeNode => {
    const { split } = node;
    if (below === 0) {
      const own = counts[next++]!;
      const found = bestSplit(features, own, reached, fewestRows);
      return { counts: level === 0 ? totalOf(own) : node.counts, ...(found && { split: found }) };
    }
    if (!split) return node;
    const [left, right] = split.below.map((side, s) =>
      grown(side, below - 1, reachedBelow(reached, split, s === 0)),
    ) as unknown as [TreeNode, TreeNode];
    return { ...node, split: { ...split, below: [left, right] } };
  };
  // Where noise is counted, a bin that no row can have still has some: what the splits above rule out is left out.
  const everywhere = features.map((feature) => Array<boolean>(binsOf(feature)).fill(true));
  return grown(tree, level, everywhere);
}

const reachedBelow = (reached: boolean[][], { feature, left }: Split, isLeft: boolean): boolean[][] =>
  reached.map((own, f) => (f === feature ? own.map((inside, bin) => inside && left[bin] === isLeft) : own));

/** Every feature counts the same rows, so their mean is the quietest count. */
function totalOf(counts: NodeCounts): [number, number] {
  const total: [number, number] = [0, 0];
  for (const feature of counts) {
    for (const [i, count] of feature.entries()) total[i % 2]! += count / counts.length;
  }
  return [Math.max(0, total[0]), Math.max(0, total[1])];
}

/**
 * The split with the largest fall of the Gini index (Breiman et al. 1984, §4.3). A numeric feature is cut between bins,
 * missing values on the low side; a categorical one after ordering its values by their share of selected rows, which
 * holds the best of all subsets for two classes (§4.2).
 */
function bestSplit(
  features: readonly Feature[],
  counts: NodeCounts,
  reached: readonly boolean[][],
  fewestRows: FewestRows,
): Split | undefined {
  let best: Split | undefined;
  let bestFall = 1e-9;
  features.forEach((feature, f) => {
    const bins = binsOf(feature);
    const at = (bin: number): [number, number] => [
      Math.max(0, counts[f]![2 * bin]!),
      Math.max(0, counts[f]![2 * bin + 1]!),
    ];
    const share = (bin: number) => at(bin)[1] / Math.max(1e-9, at(bin)[0] + at(bin)[1]);
    const every = Array.from({ length: bins }, (_, bin) => bin);
    const order = (
      feature.kind === "numeric"
        ? [bins - 1, ...every.slice(0, -1)]
        : every.sort((a, b) => share(a) - share(b) || a - b)
    ).filter((bin) => reached[f]![bin]);
    const all = order.reduce<[number, number]>(([n, p], bin) => [n + at(bin)[0], p + at(bin)[1]], [0, 0]);
    let low: [number, number] = [0, 0];
    order.slice(0, -1).forEach((bin, k) => {
      low = [low[0] + at(bin)[0], low[1] + at(bin)[1]];
      const high: [number, number] = [all[0] - low[0], all[1] - low[1]];
      const [lowBins, highBins] = [k + 1, order.length - k - 1];
      if (low[0] + low[1] < fewestRows(lowBins) || high[0] + high[1] < fewestRows(highBins)) return;
      const fall = impurity(all) - impurity(low) - impurity(high);
      if (fall <= bestFall) return;
      bestFall = fall;
      const left = Array<boolean>(bins).fill(false);
      for (const inside of order.slice(0, k + 1)) left[inside] = true;
      best = { feature: f, left, reached: [...reached[f]!], below: [{ counts: [...low] }, { counts: high }] };
    });
  });
  return best;
}

/** Gini index times rows. */
const impurity = ([n, p]: [number, number]): number => (n + p > 0 ? (2 * n * p) / (n + p) : 0);

/** Whether this is a tree of the features with at most so many levels; it may come from anywhere. */
export function isTree(value: unknown, features: readonly Feature[], levels: number): value is TreeNode {
  const { counts, split } = (value ?? {}) as Partial<TreeNode>;
  if (!Array.isArray(counts) || counts.length !== 2 || !counts.every(Number.isFinite)) return false;
  if (split === undefined) return true;
  const feature = features[split?.feature ?? -1];
  if (levels === 0 || !feature) return false;
  const areBins = (bins: unknown) =>
    Array.isArray(bins) && bins.length === binsOf(feature) && bins.every((bin) => typeof bin === "boolean");
  const { left, reached, below } = split;
  return (
    areBins(left) &&
    areBins(reached) &&
    below?.length === 2 &&
    below.every((side) => isTree(side, features, levels - 1))
  );
}

/** Without splits whose sides decide alike, which only look like a reason. */
export function pruned(node: TreeNode): TreeNode {
  if (!node.split) return node;
  const below = node.split.below.map(pruned) as [TreeNode, TreeNode];
  if (below.every((side) => !side.split) && decides(below[0]) === decides(below[1])) return { counts: node.counts };
  return { ...node, split: { ...node.split, below } };
}

/** What a tree says beside columns and values. */
export interface TreeWords {
  title: string;
  allRows: string;
  always: string;
  and: string;
  missing: string;
  there: string;
  other: string;
  selected: string;
  refused: string;
}

export const englishTree: TreeWords = {
  title: "A small tree that decides as the model does",
  allRows: "all rows",
  always: "always",
  and: " and ",
  missing: "missing",
  there: "there",
  other: "other",
  selected: "selected",
  refused: "not selected",
};

/** A split in words, from the side named: «age < 40.1», «marital: single, divorced». */
export function splitText(features: readonly Feature[], split: Split, side: 0 | 1, words = englishTree): string {
  const feature = features[split.feature]!;
  if (feature.kind === "numeric") {
    const last = split.left.lastIndexOf(true, profileBins - 1);
    if (last < 0) return `${feature.name} ${side === 0 ? words.missing : words.there}`;
    const edge = edgeOf(feature, last + 1);
    return side === 0 ? `${feature.name} < ${edge}` : `${feature.name} ≥ ${edge}`;
  }
  const values = [...feature.values, words.other].filter(
    (_, bin) => split.reached[bin] && split.left[bin] === (side === 0),
  );
  return `${feature.name}: ${values.join(", ")}`;
}

function edgeOf(feature: Extract<Feature, { kind: "numeric" }>, bin: number): number {
  const scale = (x: number) => (feature.scale === "log" ? Math.sign(x) * Math.log1p(Math.abs(x)) : x);
  const x = scale(feature.min) + (bin / profileBins) * (scale(feature.max) - scale(feature.min));
  return Number((feature.scale === "log" ? Math.sign(x) * Math.expm1(Math.abs(x)) : x).toPrecision(3));
}
