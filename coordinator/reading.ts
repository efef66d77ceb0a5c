/** From a decoded sum to what the run makes of it: a new learner, metrics for the record, the objective's terms. */

import { InputError } from "../shared/errors.ts";
import { principalComponents } from "../shared/explain/principal-components.ts";
import { type FewestRows, growLevel, openNodes } from "../shared/explain/tree.ts";
import { classFigures, shareRight } from "../shared/fairness/class-figures.ts";
import { gainsOf, runningHistogram, runningNoise, thresholdOf } from "../shared/fairness/controller.ts";
import { countsByGroup, countsOfCells, type ExactCounts } from "../shared/fairness/group-counts.ts";
import { groupFigures } from "../shared/fairness/group-figures.ts";
import { cellsOf } from "../shared/fairness/histogram.ts";
import { accuracyAt, aucOf, cellsOfAttribute, crossEntropyOf } from "../shared/fairness/histogram-metrics.ts";
import { signedGaps, stepDrift } from "../shared/fairness/monitor.ts";
import { attributeReport } from "../shared/fairness/report.ts";
import { calibrate, groupThresholds } from "../shared/fairness/thresholds.ts";
import { complianceTerm, evaluateGates } from "../shared/gates.ts";
import { objectiveTerms } from "../shared/objective.ts";
import { noiseOf, type RoundPlan } from "../shared/plan.ts";
import { type ClipStep, shareWithin } from "../shared/privacy/adaptive-clipping.ts";
import { readEvaluate } from "../shared/questions/evaluate.ts";
import { readExplain } from "../shared/questions/explain.ts";
import { readSegment } from "../shared/questions/layout.ts";
import { readMoments } from "../shared/questions/moments.ts";
import { readProfile } from "../shared/questions/profile.ts";
import { announcedLayout, type Question } from "../shared/questions/question.ts";
import { readTrain } from "../shared/questions/train.ts";
import { readTree } from "../shared/questions/tree.ts";
import { rankingReport } from "../shared/recommend/report.ts";
import type { PrivacyStatement, RoundRecord } from "../shared/run-record.ts";
import { attributesOf, classesOf, entityTypesOf, type Task } from "../shared/task.ts";
import { finalParameters, type Learner, takeProfile, takeTrain } from "./learner.ts";

type Metrics = NonNullable<RoundRecord["metrics"]>;

export interface Reading {
  learner: Learner;
  metrics?: Metrics;
  objective?: RoundRecord["objective"];
  clip?: ClipStep;
  classes?: RoundRecord["classes"];
  ranking?: RoundRecord["ranking"];
  explanation?: Pick<
    RoundRecord,
    "importance" | "importanceByGroup" | "importanceDeviation" | "tree" | "components" | "fidelity"
  >;
}

const running = (task: Task, learner: Learner) => runningHistogram(learner.controller, gainsOf(task));

/** Where the fairness rule of a learner selects, as a logit; of classes 0, which nothing reads. */
export const selectionThreshold = (task: Task, learner: Learner): number =>
  classesOf(task) ? 0 : thresholdOf(task, running(task, learner));

export function readSum(
  task: Task,
  plan: RoundPlan,
  learner: Learner,
  question: Question,
  outcome: { sum: Float64Array; survivors: number },
  at: { trainRound: number; privacy: PrivacyStatement; records: readonly RoundRecord[] },
): Reading {
  const { sum, survivors } = outcome;
  const layout = announcedLayout(question, task);
  switch (question.kind) {
    case "profile":
      return { learner: takeProfile(task, learner, readProfile(task, layout, sum)) };
    case "train": {
      if (classesOf(task)) {
        const answer = readTrain(layout, sum);
        const { learner: next } = takeTrain(task, learner, answer, survivors, at.trainRound, 0);
        const [wrong, right] = answer.right!;
        return { learner: next, classes: { accuracy: shareRight(wrong!, right!) } };
      }
      const noise = noiseOf(plan, survivors, "histogram");
      const answer = readTrain(layout, sum);
      const step = takeTrain(task, learner, answer, survivors, at.trainRound, noise);
      const { learner: next, threshold, constraints } = step;
      // The running histogram is of the models that were asked, so these are figures of the last rounds' models.
      const histogram = running(task, next);
      const { fairness, ...figures } = metricsOf(
        task,
        { histogram, noise: runningNoise(noise, gainsOf(task)) },
        threshold,
      );
      const metrics: Metrics = {
        ...figures,
        fairness: Object.fromEntries(Object.entries(fairness).map(([name, { byGroup: _, ...rest }]) => [name, rest])),
        ...driftOf(task, answer.histogram, noise, threshold, at.records),
        ...(constraints.length > 0 && { constraints }),
        multiplier: constraints.map((c) => c.multiplier).reduce((a, b) => (Math.abs(b) > Math.abs(a) ? b : a), 0),
        saturated: constraints.some((c) => c.saturated),
      };
      const objective = objectiveOf(task, next.parameters, histogram, metrics, at);
      if (question.clip === undefined || answer.withinClip === undefined) return { learner: next, metrics, objective };
      const clip = { norm: question.clip.norm, within: shareWithin(answer.withinClip, survivors) };
      return { learner: next, metrics, objective, clip };
    }
    case "tree": {
      const { tree, level } = question;
      const counts = readTree(task, layout, sum, openNodes(tree, level).length);
      const fewest = treeFewestRows(noiseOf(plan, survivors, task.data.features[0]!.name));
      return { learner, explanation: { tree: growLevel(task.data.features, tree, level, counts, fewest) } };
    }
    case "moments": {
      const moments = readMoments(task, layout, sum, noiseOf(plan, survivors, "moments"));
      const components = moments && principalComponents(moments, task.explain!.components);
      return { learner, ...(components && { explanation: { components } }) };
    }
    case "explain": {
      const noise = { rows: noiseOf(plan, survivors, "rows"), attributions: noiseOf(plan, survivors, "attributions") };
      const told = readExplain(task, layout, sum, noise);
      if (!told) return { learner };
      const { importance, byGroup, deviation } = told;
      return { learner, explanation: { importance, importanceByGroup: byGroup, importanceDeviation: deviation } };
    }
    case "evaluate": {
      const types = entityTypesOf(task);
      if (types) {
        const [wrong, right] = readSegment(layout, sum, "right");
        return { learner, classes: classFigures(types, readSegment(layout, sum, "entities"), [wrong!, right!]) };
      }
      const names = classesOf(task);
      if (names) return { learner, classes: classFigures(names, readSegment(layout, sum, "classes")) };
      const { histogram, selected, agreement, ranks } = readEvaluate(layout, sum);
      const exact = { rows: selected, noise: noiseOf(plan, survivors, "selected") };
      const measured = { histogram, noise: noiseOf(plan, survivors, "histogram"), exact };
      const metrics: Metrics = {
        ...metricsOf(task, measured, question.thresholds[1]!),
        ...afterTraining(task, histogram),
        multiplier: 0,
      };
      const objective = objectiveOf(task, finalParameters(learner), histogram, metrics, at);
      const fidelity = question.tree && agreement && fidelityOf(agreement, noiseOf(plan, survivors, "agreement"));
      const ranking = ranks && rankingReport(task, ranks, noiseOf(plan, survivors, "ranks"));
      return {
        learner,
        metrics,
        objective,
        ...(ranking && { ranking }),
        ...(fidelity !== undefined && { explanation: { fidelity } }),
      };
    }
  }
}

/** A split needs more rows on each side than noise alone would put there: two counts a bin, refused and selected. */
const treeFewestRows =
  (noise: number): FewestRows =>
  (bins) =>
    Math.max(20, 2 * noise * Math.sqrt(2 * bins));

/** Undefined where there are too few rows to say. @param noise standard deviation on a count */
function fidelityOf([otherwise, alike]: Float64Array, noise: number): number | undefined {
  const rows = otherwise! + alike!;
  return rows > 5 * noise ? Math.min(1, Math.max(0, alike! / rows)) : undefined;
}

/** This round's own gaps on top of what the rounds before it left. */
function driftOf(
  task: Task,
  histogram: Float64Array,
  noise: number,
  threshold: number,
  records: readonly RoundRecord[],
): Pick<Metrics, "drift"> {
  const { attribute, tolerance } = task.fairness;
  if (attribute === undefined) return {};
  const before = records.filter((record) => record.metrics?.drift !== undefined).at(-1)?.metrics?.drift;
  const gaps = signedGaps(countsByGroup(task, attribute, histogram, noise), threshold);
  return { drift: stepDrift(before, gaps, tolerance) };
}

/** Read off the evaluation's histogram, so it costs no privacy; where it is too noisy to tell, there is nothing. */
function afterTraining(task: Task, histogram: Float64Array): Pick<Metrics, "calibration" | "groupThresholds"> {
  const { attribute, thresholds: criterion } = task.fairness;
  const found: Pick<Metrics, "calibration" | "groupThresholds"> = {};
  try {
    found.calibration = calibrate(histogram, cellsOfAttribute(task));
    if (criterion !== undefined) {
      const cells = cellsOfAttribute(task, attribute);
      found.groupThresholds = {
        groups: cells.map((cell) => cellsOf(task)[cell]!.group),
        ...groupThresholds(histogram, cells, criterion, { regimes: task.regimes ?? [] }),
      };
    }
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
  }
  return found;
}

/** A round's figures; an accuracy of 0 and an AUC of ½ where noise left nothing to say (that of nobody is a coin). */
function metricsOf(
  task: Task,
  { histogram, noise, exact }: { histogram: Float64Array | number[]; noise: number; exact?: ExactCounts },
  threshold: number,
) {
  const all = cellsOfAttribute(task);
  const overall = groupFigures(countsOfCells(histogram, all, noise, exact), threshold);
  const fairness = Object.fromEntries(
    attributesOf(task).map(({ name }) => [
      name,
      attributeReport(countsByGroup(task, name, histogram, noise, exact), threshold),
    ]),
  );
  // A gap that too few rows tell of is no gap of 0.
  const gaps = Object.entries(fairness).flatMap(([name, report]) => {
    const gap = report.gaps.demographicParityDifference;
    return gap ? [[name, gap.value] as const] : [];
  });
  return {
    accuracy: overall.accuracy?.value ?? accuracyAt(histogram, all, 0) ?? 0,
    auc: overall.auc?.value ?? aucOf(histogram, all) ?? 0.5,
    gaps: Object.fromEntries(gaps),
    fairness,
    threshold: 1 / (1 + Math.exp(-threshold)),
  };
}

/** The gap the penalty acts on: of several constraints the widest, of none the difference of selection rates. */
const penalisedGap = (task: Task, { constraints, gaps }: Metrics): number =>
  constraints
    ? Math.max(...constraints.map(({ gap }) => Math.abs(gap ?? 0)))
    : (gaps[task.fairness.attribute ?? ""] ?? 0);

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
    gap: penalisedGap(task, metrics),
    parameters,
    compliance: complianceTerm(evaluateGates(task, at.records, at.privacy)),
  });
}
