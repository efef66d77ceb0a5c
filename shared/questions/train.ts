/**
 * `train`: the clipped model update beside the score histogram, in one vector under one mechanism, so that the fairness
 * of the current model is measured with every step and nobody's group is known.
 *
 * - record: the sum over the tab's batch of clipped per-row gradients, and the batch's histogram counts (of classes, how
 *   many rows are right).
 * - participant: the tab's whole clipped model change after local training, and its histogram as fractions.
 */
import { cellsOf, cellsPerRow, scoreBins } from "../fairness/histogram.ts";
import { architectureOf, parameterCount } from "../model.ts";
import { classesOf, type Task } from "../task.ts";
import type { Layout } from "./layout.ts";
import { gridUnit, layOut, readSegment, segment } from "./layout.ts";

/** The histogram's share c₂ of the joint L2 bound, unless the task names its own: raises the update's noise by 6.8 %. */
const customaryHistogramShare = 0.35;

/**
 * The clip indicator's share c₃ of the joint L2 bound, where clipping is adaptive: raises the noise on the rest by 0.5 %.
 * Its sum's noise is σ_b = z/(2·c₃) = 5z tabs; Andrew et al. 2021, §3.1 have n/20.
 */
export const indicatorShare = 0.1;

/** b − ½ is one or the other half. */
const indicatorBound = 0.5;

export function trainLayout(task: Task): Layout {
  const parameters = parameterCount(architectureOf(task));
  const { clipNorm, clipping } = task.privacy;
  const cells = cellsOf(task).length * 2 * scoreBins.count;
  const record = task.privacy.unit === "record";
  const adaptive = clipping === "adaptive";
  /** Counts that a row is in: those of its cells' bins, or of its being right */
  const counts = classesOf(task) ? { name: "right", length: 2 } : { name: "histogram", length: cells };
  const unit = gridUnit(
    task.privacy.unit,
    record ? parameters : parameters + counts.length + Number(adaptive),
    clipNorm,
  );
  const perRow = Math.sqrt(Math.max(1, cellsPerRow(task)));
  const histogramShare = task.fairness.histogramShare ?? customaryHistogramShare;
  const updateShare = Math.sqrt(1 - histogramShare ** 2 - (adaptive ? indicatorShare ** 2 : 0));
  /** Grid steps of the joint bound */
  const joint = (unit * clipNorm) / updateShare;
  const beside = (histogramShare * joint) / perRow;
  return layOut(task.privacy.unit, [
    { name: "update", length: parameters, bound: clipNorm, unit, rounded: true },
    {
      ...counts,
      bound: perRow,
      unit: record ? Math.max(1, Math.round(beside)) : beside,
      rounded: false,
    },
    ...(adaptive
      ? [
          {
            name: "withinClip",
            length: 1,
            bound: indicatorBound,
            unit: (indicatorShare * joint) / indicatorBound,
            rounded: false,
          },
        ]
      : []),
  ]);
}

/**
 * The same integers read at another clip norm: as many grid steps are that much of the update. Δ̂ is not touched, and so
 * neither are noise, bits and promise.
 */
export function atClipNorm(layout: Layout, clipNorm: number): Layout {
  const segments = layout.segments.map((part) =>
    part.name === "update" ? { ...part, bound: clipNorm, unit: (part.unit * part.bound) / clipNorm } : part,
  );
  return { ...layout, segments };
}

export interface TrainSum {
  /** Sum of clipped gradients, or of clipped model changes [parameters] */
  update: Float64Array;
  /** [cells, 2, bins]; of classes empty */
  histogram: Float64Array;
  /** Of classes: rows of which another was the likeliest, and those of which their own was */
  right: Float64Array | undefined;
  /** Σ(b − ½) over tabs, b whether the change was within the clip norm; of adaptive clipping only */
  withinClip: number | undefined;
}

const has = (layout: Layout, name: string): boolean => layout.segments.some((part) => part.name === name);
/** The segment of counts */
const countsOf = (layout: Layout) => segment(layout, has(layout, "right") ? "right" : "histogram");

export function readTrain(layout: Layout, sum: Float64Array): TrainSum {
  return {
    update: readSegment(layout, sum, "update"),
    histogram: has(layout, "histogram") ? readSegment(layout, sum, "histogram") : new Float64Array(0),
    right: has(layout, "right") ? readSegment(layout, sum, "right") : undefined,
    withinClip: has(layout, "withinClip") ? readSegment(layout, sum, "withinClip")[0] : undefined,
  };
}

/**
 * A participant's answer before it is clipped and rounded, in the segments' own units [dimension].
 * @param layout at the round's clip norm
 * @param change [parameters], of any norm
 * @param counts histogram [cells, 2, bins], or of classes the wrong and the right [2], of `rows` rows
 */
export function assembleChange(
  layout: Layout,
  change: ArrayLike<number>,
  counts: ArrayLike<number>,
  rows: number,
): Float64Array {
  const vector = new Float64Array(layout.dimension);
  const update = segment(layout, "update");
  let square = 0;
  for (let i = 0; i < change.length; i++) {
    vector[update.offset + i] = change[i]!;
    square += change[i]! ** 2;
  }
  const { offset } = countsOf(layout);
  for (let i = 0; i < counts.length; i++) vector[offset + i] = counts[i]! / Math.max(1, rows);
  if (has(layout, "withinClip")) {
    const isWithin = square <= update.bound ** 2;
    vector[segment(layout, "withinClip").offset] = isWithin ? indicatorBound : -indicatorBound;
  }
  return vector;
}

/** Integers of a record-level answer: the engine's fixed-point sums, the counts times their unit. */
export function assembleTrain(layout: Layout, gradient: Int32Array, counts: Uint32Array): Int32Array {
  const integers = new Int32Array(layout.dimension);
  integers.set(gradient, segment(layout, "update").offset);
  const { offset, unit } = countsOf(layout);
  for (let i = 0; i < counts.length; i++) integers[offset + i] = counts[i]! * unit;
  return integers;
}
