/**
 * A small federation in memory: logistic regression on made-up rows whose features are correlated with the group, full
 * batches, rows clipped one by one, Gaussian noise on the sum of updates and on the histogram, the controller in the loop.
 */

import type { Task } from "../../task.ts";
import { type ControllerStep, initialController, stepController } from "../controller.ts";
import { cellsOf, neutralWitness, slopeAt } from "../histogram.ts";
import { histogramOf, type ScoredRow, seeded } from "./histograms.ts";

const coefficients = [0.8, 0.5, 0.4, 0.7, -0.5, 0.3];
const width = coefficients.length + 1;

export interface Noise {
  /** Standard deviation on each histogram count of a round */
  histogram: number;
  /** …and on each coordinate of the sum of clipped gradients */
  update: number;
}

export interface SimulatedRound extends ControllerStep {
  /** Signed gap of the round's model among the task's top share, without noise */
  exactGap: number;
}

/** The task's first attribute has two groups; 3 in 10 rows belong to the first and score higher. */
export function simulate(
  task: Task,
  { seed, rows, noise }: { seed: number; rows: number; noise: Noise },
): SimulatedRound[] {
  const { uniform, normal } = seeded(seed);
  const people = Array.from({ length: rows }, () => {
    const cell = uniform() < 0.3 ? 0 : 1;
    const x = coefficients.map((_, j) => normal() + (j < 3 ? (cell === 0 ? 0.35 : -0.15) : 0));
    const logit = x.reduce((sum, value, j) => sum + value * coefficients[j]!, -2.6);
    return { cell, x: [...x, 1], label: uniform() < 1 / (1 + Math.exp(-logit)) ? 1 : 0 };
  });
  const w = new Float64Array(width);
  let state = initialController(task);
  let witness = neutralWitness(task);
  return Array.from({ length: task.training.rounds }, () => {
    const scored: ScoredRow[] = [];
    const gradient = new Float64Array(width);
    for (const { cell, x, label } of people) {
      const logit = x.reduce((sum, value, j) => sum + value * w[j]!, 0);
      scored.push({ cell, label, logit });
      const error = 1 / (1 + Math.exp(-logit)) - label;
      const slope = witness.weight[cell * 2 + label]! * error + slopeAt(witness, cell, label, logit);
      const norm = Math.abs(slope) * Math.sqrt(x.reduce((sum, value) => sum + value * value, 0));
      const clipped = slope * Math.min(1, task.privacy.clipNorm / Math.max(norm, 1e-12));
      x.forEach((value, j) => {
        gradient[j]! += clipped * value;
      });
    }
    const h = histogramOf(scored, cellsOf(task).length).map((count) => count + noise.histogram * normal());
    for (let j = 0; j < width; j++) {
      w[j]! -= (task.training.learningRate * (gradient[j]! + noise.update * normal())) / rows;
    }
    const step = stepController(task, state, { histogram: h, noise: noise.histogram, groupLabelCounts: undefined });
    ({ state, witness } = step);
    return { ...step, exactGap: gapOf(scored, task.fairness.topShare!) };
  });
}

function gapOf(scored: readonly ScoredRow[], topShare: number): number {
  const threshold = scored.map((r) => r.logit).sort((a, b) => b - a)[Math.floor(topShare * scored.length)]!;
  const rate = (cell: number) => {
    const own = scored.filter((r) => r.cell === cell);
    return own.filter((r) => r.logit > threshold).length / own.length;
  };
  return rate(0) - rate(1);
}
