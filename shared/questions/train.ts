/**
 * `train`: the clipped model update beside the score histogram, in one vector under one mechanism, so that the fairness
 * of the current model is measured with every step and nobody's group is known.
 *
 * - record: the sum over the tab's batch of clipped per-row gradients, and the batch's histogram counts.
 * - participant: the tab's whole clipped model change after local training, and its histogram as fractions.
 */
import { cellsOf, cellsPerRow, scoreBins } from "../fairness/histogram.ts";
import { architectureOf, parameterCount } from "../model.ts";
import type { Task } from "../task.ts";
import type { Layout } from "./layout.ts";
import { gridUnit, layOut, readSegment, segment } from "./layout.ts";

/** The histogram's share c₂ of the joint L2 bound: raises the noise on the update by 1/√(1 − 0.35²), 6.8 %. */
export const histogramShare = 0.35;

export function trainLayout(task: Task): Layout {
  const parameters = parameterCount(architectureOf(task));
  const clipNorm = task.privacy.clipNorm;
  const cells = cellsOf(task).length * 2 * scoreBins.count;
  const record = task.privacy.unit === "record";
  const unit = gridUnit(task.privacy.unit, record ? parameters : parameters + cells, clipNorm);
  const perRow = Math.sqrt(cellsPerRow(task));
  const ratio = histogramShare / Math.sqrt(1 - histogramShare ** 2);
  const beside = (ratio * unit * clipNorm) / perRow;
  return layOut(task.privacy.unit, [
    { name: "update", length: parameters, bound: clipNorm, unit, rounded: true },
    {
      name: "histogram",
      length: cells,
      bound: perRow,
      unit: record ? Math.max(1, Math.round(beside)) : beside,
      rounded: false,
    },
  ]);
}

export interface TrainSum {
  /** Sum of clipped gradients, or of clipped model changes [parameters] */
  update: Float64Array;
  /** [cells, 2, bins] */
  histogram: Float64Array;
}

export function readTrain(layout: Layout, sum: Float64Array): TrainSum {
  return { update: readSegment(layout, sum, "update"), histogram: readSegment(layout, sum, "histogram") };
}

/** Integers of a record-level answer: the engine's fixed-point sums, the counts times their unit. */
export function assembleTrain(layout: Layout, gradient: Int32Array, histogram: Uint32Array): Int32Array {
  const integers = new Int32Array(layout.dimension);
  integers.set(gradient, segment(layout, "update").offset);
  const { offset, unit } = segment(layout, "histogram");
  for (let i = 0; i < histogram.length; i++) integers[offset + i] = histogram[i]! * unit;
  return integers;
}
