/** From a decoded sum to what the run makes of it: a new learner, metrics for the record, the objective's terms. */

import { penalisedPair, runningHistogram, thresholdOf } from "../shared/fairness/controller.ts";
import {
  accuracyAt,
  aucOf,
  cellsOfAttribute,
  crossEntropyOf,
  demographicParityDifference,
} from "../shared/fairness/histogram-metrics.ts";
import { complianceTerm, evaluateGates } from "../shared/gates.ts";
import { objectiveTerms } from "../shared/objective.ts";
import { readEvaluate } from "../shared/questions/evaluate.ts";
import type { Layout } from "../shared/questions/layout.ts";
import { readProfile } from "../shared/questions/profile.ts";
import type { Question } from "../shared/questions/question.ts";
import { readTrain } from "../shared/questions/train.ts";
import type { PrivacyStatement, RoundRecord } from "../shared/run-record.ts";
import type { Task } from "../shared/task.ts";
import { finalParameters, type Learner, takeProfile, takeTrain } from "./learner.ts";

type Metrics = NonNullable<RoundRecord["metrics"]>;

export interface Reading {
  learner: Learner;
  metrics?: Metrics;
  objective?: RoundRecord["objective"];
}

/** Where the fairness rule of a learner selects, as a logit. */
export const selectionThreshold = (task: Task, learner: Learner): number =>
  thresholdOf(task, runningHistogram(learner.controller));

export function readSum(
  task: Task,
  layout: Layout,
  learner: Learner,
  question: Question,
  outcome: { sum: Float64Array; survivors: number },
  at: { trainRound: number; privacy: PrivacyStatement; records: readonly RoundRecord[] },
): Reading {
  const { sum, survivors } = outcome;
  switch (question.kind) {
    case "profile":
      return { learner: takeProfile(task, learner, readProfile(task, layout, sum)) };
    case "train": {
      const {
        learner: next,
        threshold,
        multiplier,
        saturated,
      } = takeTrain(task, learner, readTrain(layout, sum), survivors, at.trainRound);
      // The running histogram is of the models that were asked, so these are figures of the last rounds' models.
      const histogram = runningHistogram(next.controller);
      const metrics = { ...metricsOf(task, histogram, threshold, multiplier), saturated };
      return { learner: next, metrics, objective: objectiveOf(task, next.parameters, histogram, metrics, at) };
    }
    case "evaluate": {
      const { histogram, selected } = readEvaluate(layout, sum);
      const metrics = {
        ...metricsOf(task, histogram, question.thresholds[1]!, 0),
        ...exactly(task, histogram, selected),
      };
      return { learner, metrics, objective: objectiveOf(task, finalParameters(learner), histogram, metrics, at) };
    }
  }
}

/** A round's figures; 0 or ½ where noise left nothing to say (an AUC of nobody is a coin). */
function metricsOf(task: Task, histogram: Float64Array | number[], threshold: number, multiplier: number): Metrics {
  const overall = cellsOfAttribute(task);
  const gaps: Record<string, number> = {};
  for (const { name } of task.data.sensitive) {
    const pair = name === task.fairness.attribute ? penalisedPair(task) : undefined;
    gaps[name] = demographicParityDifference(histogram, pair ?? cellsOfAttribute(task, name), threshold) ?? 0;
  }
  return {
    accuracy: accuracyAt(histogram, overall, 0) ?? 0,
    auc: aucOf(histogram, overall) ?? 0.5,
    gaps,
    multiplier,
    threshold: 1 / (1 + Math.exp(-threshold)),
  };
}

/** Accuracy and gaps from the counts at the very thresholds, which need no interpolation. */
function exactly(task: Task, histogram: Float64Array, selected: Float64Array): Pick<Metrics, "accuracy" | "gaps"> {
  const bins = histogram.length / (selected.length / 2);
  const rows = (cell: number, label: number) =>
    Math.max(
      0,
      histogram.subarray((cell * 2 + label) * bins, (cell * 2 + label + 1) * bins).reduce((a, b) => a + b, 0),
    );
  const cells = selected.length / 4;
  const picked = (threshold: number, cell: number, label: number) =>
    Math.min(rows(cell, label), Math.max(0, selected[(threshold * cells + cell) * 2 + label]!));
  let right = 0;
  let all = 0;
  for (const cell of cellsOfAttribute(task)) {
    right += picked(0, cell, 1) + rows(cell, 0) - picked(0, cell, 0);
    all += rows(cell, 0) + rows(cell, 1);
  }
  const gaps: Record<string, number> = {};
  for (const { name } of task.data.sensitive) {
    const compared = (name === task.fairness.attribute && penalisedPair(task)) || cellsOfAttribute(task, name);
    const rates = compared.flatMap((cell) => {
      const size = rows(cell, 0) + rows(cell, 1);
      return size > 0 ? [(picked(1, cell, 0) + picked(1, cell, 1)) / size] : [];
    });
    gaps[name] = rates.length > 1 ? Math.max(...rates) - Math.min(...rates) : 0;
  }
  return { accuracy: all > 0 ? right / all : 0, gaps };
}

function objectiveOf(
  task: Task,
  parameters: Float32Array,
  histogram: Float64Array | number[],
  metrics: Metrics,
  at: { privacy: PrivacyStatement; records: readonly RoundRecord[] },
) {
  return objectiveTerms(task, {
    loss: crossEntropyOf(histogram, cellsOfAttribute(task)) ?? Math.LN2,
    epsilonSpent: at.privacy.epsilon,
    gap: metrics.gaps[task.fairness.attribute ?? ""] ?? 0,
    parameters,
    compliance: complianceTerm(evaluateGates(task, at.records, at.privacy)),
  });
}
