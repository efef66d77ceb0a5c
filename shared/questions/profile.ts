/**
 * `profile`: bounded counts of every column, so that nobody's statistics are known but everybody's data can be
 * normalised. A row adds 1 to one bin of each feature, one cell of each sensitive attribute (if disclosed) and one label. A
 * person who brings choices adds to each chosen item.
 */
import type { Normalisation } from "../data/features.ts";
import { scaled } from "../data/features.ts";
import { outcomesOf } from "../data/rows.ts";
import { cellsOf, cellsPerRow } from "../fairness/histogram.ts";
import { popularityOf } from "../recommend/popularity.ts";
import type { Feature, Task } from "../task.ts";
import type { Layout } from "./layout.ts";
import { besideChoices, countUnit, layOut, readSegment } from "./layout.ts";

/** Bins of a numeric feature between its declared min and max, after its scale; one more bin counts missing values. */
export const profileBins = 32;

const featureLength = (feature: Feature): number =>
  (feature.kind === "numeric" ? profileBins : feature.values.length) + 1;

export function profileLayout(task: Task): Layout {
  const lengths = [
    ...task.data.features.map((f) => ({ name: `feature:${f.name}`, length: featureLength(f) })),
    { name: "cells", length: cellsOf(task).length * 2 },
    { name: "labels", length: outcomesOf(task.data.label).length },
    ...(task.data.items ? [{ name: "items", length: task.data.items.count }] : []),
  ];
  const total = lengths.reduce((sum, part) => sum + part.length, 0);
  // One count of each feature, of the label, and one of each attribute.
  const bound = (name: string) => (name === "cells" ? Math.sqrt(cellsPerRow(task)) : 1);
  const unit = countUnit(task.privacy.unit, total);
  const aside = task.data.items ? besideChoices : 1;
  return layOut(
    task.privacy.unit,
    lengths.map(({ name, length }) => {
      return { name, length, bound: bound(name), unit: name === "items" ? unit : aside * unit, rounded: false };
    }),
  );
}

/** Bin of a numeric value, already clamped and scaled; the last bin is «missing». */
export function profileBin(value: number, feature: Extract<Feature, { kind: "numeric" }>): number {
  if (Number.isNaN(value)) return profileBins;
  const low = scaled(feature.min, feature);
  const high = scaled(feature.max, feature);
  return Math.min(profileBins - 1, Math.max(0, Math.floor(((value - low) / (high - low)) * profileBins)));
}

/**
 * Noisy counts by feature [bins or values, then one for missing or other values]; of choices by the label's column how
 * popular each item is (recommend/popularity.ts) [items]. Never negative
 */
export type Marginals = Record<string, number[]>;

export interface Profile {
  normalisation: Normalisation;
  marginals: Marginals;
  /** Rows by cell and label [cells, 2]; fractions at participant level; never negative */
  cellCounts: number[];
  /** Rows by label [outcomes]; fractions at participant level; never negative */
  labelCounts: number[];
}

/** Reads the noisy sum of the counts. Means and standard deviations come from bin centres; noise below 0 is cut off. */
export function readProfile(task: Task, layout: Layout, sum: Float64Array): Profile {
  const normalisation: Normalisation = {};
  const marginals: Marginals = {};
  const counted = (name: string) => Array.from(readSegment(layout, sum, name), (c) => Math.max(0, c));
  for (const feature of task.data.features) {
    const all = counted(`feature:${feature.name}`);
    marginals[feature.name] = all;
    if (feature.kind !== "numeric") continue;
    const counts = all.slice(0, profileBins);
    const total = counts.reduce((a, b) => a + b, 0);
    const low = scaled(feature.min, feature);
    const width = (scaled(feature.max, feature) - low) / profileBins;
    const centre = (bin: number) => low + (bin + 0.5) * width;
    if (total <= 0) {
      normalisation[feature.name] = { mean: low + (profileBins * width) / 2, scale: profileBins * width };
      continue;
    }
    const mean = counts.reduce((sum, c, bin) => sum + c * centre(bin), 0) / total;
    const variance = counts.reduce((sum, c, bin) => sum + c * (centre(bin) - mean) ** 2, 0) / total;
    // A column narrower than a bin is not told from a constant; half a bin keeps the quotient finite.
    normalisation[feature.name] = { mean, scale: Math.max(Math.sqrt(variance), width / 2) };
  }
  if (task.data.items) marginals[task.data.label.column] = popularityOf(counted("items"));
  return { normalisation, marginals, cellCounts: counted("cells"), labelCounts: counted("labels") };
}
