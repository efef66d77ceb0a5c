/**
 * `tree`: one level of the surrogate tree (explain/tree.ts). At each open node, how many rows of each bin of each feature
 * the model refuses and selects. A row is at one node, so it adds 1 to one bin of each feature.
 */

import type { FeatureColumns } from "../data/features.ts";
import { binsOf, type NodeCounts, openNodes, pathOf, rowBins, type TreeNode } from "../explain/tree.ts";
import type { Task } from "../task.ts";
import { countUnit, type Layout, layOut, readSegment, segment } from "./layout.ts";

/** Nodes that may be open at the deepest level. */
const widest = ({ explain }: Task): number => 2 ** Math.max(0, (explain?.treeDepth ?? 0) - 1);

/** A segment a feature, [nodes, bins, 2], as wide as the deepest level needs. */
export function treeLayout(task: Task): Layout {
  const { features } = task.data;
  const lengths = features.map((feature) => widest(task) * binsOf(feature) * 2);
  const total = lengths.reduce((a, b) => a + b, 0);
  const unit = countUnit(task.privacy.unit, total);
  return layOut(
    task.privacy.unit,
    features.map(({ name }, f) => ({ name, length: lengths[f]!, bound: 1, unit, rounded: false })),
  );
}

/** Whole counts in the layout's places, [dimension]. @param selected by row, whether the model selects it */
export function treeCounts(
  rows: FeatureColumns,
  selected: ArrayLike<boolean>,
  task: Task,
  layout: Layout,
  { tree, level }: { tree: TreeNode; level: number },
): Float64Array {
  const { features } = task.data;
  const counts = new Float64Array(layout.dimension);
  const bins = rowBins(features, rows);
  const places = new Map(openNodes(tree, level).map((node, i) => [node, i]));
  for (let row = 0; row < selected.length; row++) {
    const place = places.get(pathOf(tree, bins, row).at(-1)!);
    if (place === undefined) continue;
    features.forEach((feature, f) => {
      const bin = place * binsOf(feature) + bins[f]![row]!;
      counts[segment(layout, feature.name).offset + bin * 2 + (selected[row] ? 1 : 0)]! += 1;
    });
  }
  return counts;
}

/** The noisy counts of the open nodes, in their order. */
export function readTree(task: Task, layout: Layout, sum: Float64Array, open: number): NodeCounts[] {
  const byFeature = task.data.features.map((feature) => ({
    length: binsOf(feature) * 2,
    counts: readSegment(layout, sum, feature.name),
  }));
  return Array.from({ length: open }, (_, node) =>
    byFeature.map(({ length, counts }) => counts.slice(node * length, (node + 1) * length)),
  );
}
