/**
 * Named scenarios: a task file, its data, who holds which rows, and what is aimed at. The tolerance is chosen
 * on held-back rows of seeds that are not reported (bench.ts); test rows are looked at once, at the end.
 */

import type { GapName } from "../../shared/fairness/report.ts";
import type { Change } from "./change.ts";
import { byColumn, dealt, oneGroupEach, type Split } from "./split.ts";

/** Accuracy, or AUC where the gap is one of AUCs */
export type Quality = "accuracy" | "auc" | "worstGroupAccuracy";

export interface Scenario {
  /** File in tasks/, without `.yaml` */
  task: string;
  /** Name in command/data-sets.ts, and the folder of its original files below a folder of data */
  data: string;
  folder: string;
  /** What each record's participant is called */
  parts: Split;
  isPrivate: boolean;
  change?: Change;
  /** The gap that is plotted and chosen by, of these attributes: the widest */
  gap:
    | Extract<
        GapName,
        "demographicParityDifference" | "equalizedOddsDifference" | "equalOpportunityDifference" | "aucGap"
      >
    | "averageOddsError";
  attributes: readonly string[];
  /** Without one the widest gap is to be halved, and the worst group's accuracy to be within 0.01 of that without a penalty. */
  goal?: { quality: Quality; atLeast: number; gapAtMost: number };
}

const sexOfAdult = {
  name: "sex",
  column: "sex",
  groups: [
    { name: "Male", values: ["Male"] },
    { name: "Female", values: ["Female"] },
  ],
};
const raceOfAdult = {
  name: "race",
  column: "race",
  groups: [
    { name: "White", values: ["White"] },
    { name: "other", values: ["Black", "Asian-Pac-Islander", "Amer-Indian-Eskimo", "Other"] },
  ],
};
const perceptron = (hidden: number) => ({
  layers: [
    { kind: "dense", outputs: hidden, activation: "relu" },
    { kind: "dense", outputs: 1 },
  ],
});
/** No noise, so no row has to be cut short for it. */
const open = { privacy: { clipNorm: 20 } };
/** Nothing to average out, so nothing to lag behind. */
const noiseless = { step: 0.5, memory: 0 };
/** Every participant is there and honest: the bench's assumption, stated with its results. */
const everyone = { minimum: 5, dropoutTolerance: 0, colludingShare: 0 };
const institutions = { privacy: { epsilon: 1, clipNorm: 4 }, cohort: { ...everyone, maximum: 100 } };
const persons = {
  privacy: { unit: "participant", epsilon: 4.2, clipNorm: 0.5, profileShare: 0.05 },
  cohort: { ...everyone, minimum: 100, maximum: 4000 },
  training: {
    rounds: 60,
    learningRate: 1,
    momentum: 0.5,
    localEpochs: 3,
    localBatch: 10,
    localLearningRate: 0.5,
  },
};
const bySex = { attribute: "sex", groups: ["Male", "Female"] };
const adult = { task: "adult", data: "adult", folder: "adult" };
const hundred = oneGroupEach("sex", { count: 100 });
const tens = oneGroupEach("sex", { rows: 10 });
const bank = {
  ...{ task: "bank", data: "bank", folder: "bank-marketing" },
  parts: byColumn("job"),
  isPrivate: true,
  gap: "demographicParityDifference",
} as const;

export const scenarios: Record<string, Scenario> = {
  "adult-odds": {
    ...adult,
    parts: hundred,
    isPrivate: false,
    change: {
      ...open,
      data: { sensitive: [sexOfAdult, raceOfAdult], heldBack: 0.1 },
      model: perceptron(12),
      training: { rounds: 200, learningRate: 2, momentum: 0.7 },
      fairness: {
        penalty: "equalized-odds",
        ...bySex,
        ...noiseless,
        largestSlope: 4,
        also: [{ penalty: "equalized-odds", attribute: "race" }],
      },
      objective: { fairness: 6 },
    },
    gap: "averageOddsError",
    attributes: ["sex", "race"],
    goal: { quality: "accuracy", atLeast: 0.84, gapAtMost: 0.024 },
  },
  "adult-parity": {
    ...adult,
    parts: hundred,
    isPrivate: false,
    change: {
      ...open,
      data: { sensitive: [sexOfAdult] },
      model: perceptron(16),
      training: { rounds: 300, learningRate: 2, momentum: 0.7 },
      fairness: { penalty: "demographic-parity", ...bySex, ...noiseless },
      objective: { fairness: 6 },
    },
    gap: "demographicParityDifference",
    attributes: ["sex"],
    goal: { quality: "accuracy", atLeast: 0.83, gapAtMost: 0.011 },
  },
  "adult-institutions-parity": {
    ...adult,
    parts: hundred,
    isPrivate: true,
    change: {
      ...institutions,
      data: { sensitive: [sexOfAdult] },
      model: perceptron(8),
      training: { rounds: 100, learningRate: 3, momentum: 0.5 },
      fairness: { penalty: "demographic-parity", ...bySex },
    },
    gap: "demographicParityDifference",
    attributes: ["sex"],
    goal: { quality: "accuracy", atLeast: 0.828, gapAtMost: 0.03 },
  },
  "adult-institutions-odds": {
    ...adult,
    parts: hundred,
    isPrivate: true,
    change: {
      ...institutions,
      data: { sensitive: [sexOfAdult] },
      model: perceptron(8),
      training: { rounds: 140, learningRate: 3, momentum: 0.5, averageLast: 0.6 },
      // Few women have a high income: without a larger share the gap in true positives is lost in the noise.
      fairness: {
        penalty: "equalized-odds",
        ...bySex,
        step: 0.2,
        memory: 0.9,
        histogramShare: 0.8,
      },
    },
    gap: "equalizedOddsDifference",
    attributes: ["sex"],
    goal: { quality: "accuracy", atLeast: 0.838, gapAtMost: 0.045 },
  },
  "adult-persons-parity": {
    ...adult,
    parts: tens,
    isPrivate: true,
    change: {
      ...persons,
      data: { sensitive: [sexOfAdult], heldBack: 0.1 },
      model: perceptron(8),
      fairness: { penalty: "demographic-parity", ...bySex, histogramShare: 0.5 },
      objective: { fairness: 12 },
    },
    gap: "demographicParityDifference",
    attributes: ["sex"],
    goal: { quality: "accuracy", atLeast: 0.829, gapAtMost: 0.04 },
  },
  "adult-persons-odds": {
    ...adult,
    parts: tens,
    isPrivate: true,
    change: {
      ...persons,
      data: { sensitive: [sexOfAdult], heldBack: 0.1 },
      model: perceptron(8),
      fairness: {
        penalty: "equalized-odds",
        ...bySex,
        memory: 0.9,
        histogramShare: 0.7,
      },
    },
    gap: "equalizedOddsDifference",
    attributes: ["sex"],
    goal: { quality: "accuracy", atLeast: 0.84, gapAtMost: 0.06 },
  },
  "adult-auc": {
    ...adult,
    parts: hundred,
    isPrivate: false,
    change: {
      ...open,
      data: { sensitive: [sexOfAdult] },
      training: { rounds: 300, learningRate: 1.5, momentum: 0.5 },
      fairness: { penalty: "auc-gap", ...bySex, step: 0.8, largestSlope: 4 },
      objective: { fairness: 4 },
    },
    gap: "aucGap",
    attributes: ["sex"],
    goal: { quality: "auc", atLeast: 0.89, gapAtMost: 0.022 },
  },
  "adult-four-groups": {
    ...adult,
    parts: hundred,
    isPrivate: false,
    change: {
      ...open,
      data: { sensitive: [sexOfAdult, raceOfAdult], intersections: [["sex", "race"]] },
      model: perceptron(16),
      training: { rounds: 300, learningRate: 2, momentum: 0.7 },
      fairness: { penalty: "demographic-parity", attribute: "sex & race", groups: undefined, ...noiseless },
      objective: { fairness: 2 },
    },
    gap: "demographicParityDifference",
    attributes: ["sex & race"],
  },
  justice: {
    task: "compas",
    data: "compas",
    folder: "compas",
    parts: dealt(20),
    isPrivate: true,
    gap: "equalizedOddsDifference",
    attributes: ["race"],
  },
  credit: {
    task: "german",
    data: "german",
    folder: "german-credit",
    parts: dealt(10),
    isPrivate: true,
    gap: "demographicParityDifference",
    attributes: ["age"],
  },
  "bank-marital": { ...bank, attributes: ["marital"] },
  "bank-age": {
    ...bank,
    change: { fairness: { attribute: "age group", groups: ["25-59", "60+"] } },
    attributes: ["age group"],
  },
  medicine: {
    task: "heart",
    data: "heart",
    folder: "heart-disease",
    parts: byColumn("hospital"),
    isPrivate: true,
    gap: "equalOpportunityDifference",
    attributes: ["sex"],
  },
  education: {
    task: "oulad",
    data: "oulad",
    folder: "oulad",
    parts: byColumn("code_module"),
    isPrivate: true,
    gap: "demographicParityDifference",
    attributes: ["disability"],
  },
};
