import { expect, it } from "vitest";
import type { AttributeReport } from "./fairness/report.ts";
import { fairTask } from "./fairness/testing/histograms.ts";
import { complianceTerm, evaluateGates } from "./gates.ts";
import type { RoundRecord } from "./run-record.ts";

const task = fairTask(
  {},
  {
    gates: [
      { metric: "accuracy", atLeast: 0.8 },
      { metric: "demographicParityDifference", atMost: 0.025 },
      { metric: "epsilon", atMost: 2 },
      { metric: "cohort", atLeast: 5 },
    ],
  },
);
const spent = { epsilon: 1.5, delta: 1e-5, unit: "record", relation: "add-remove" } as const;
const record = (over: Partial<RoundRecord>): RoundRecord => ({
  round: 1,
  question: "train",
  state: "finished",
  cohort: 6,
  survivors: 6,
  dropped: {},
  privacy: spent,
  modelHash: "",
  duration: 1,
  finishedAt: "2026-01-01T00:00:00Z",
  ...over,
});
const gapOf = (value: number) => ({
  gaps: { demographicParityDifference: { value, low: 0, high: 1 } } as AttributeReport["gaps"],
  fourFifths: "below" as const,
  tooFew: [],
});
const figures = {
  accuracy: 0.85,
  auc: 0.9,
  gaps: { g: 0.04, h: 0.3 },
  fairness: { g: gapOf(0.04), h: gapOf(0.3) },
  multiplier: 0,
  threshold: 0.5,
};

it("leaves open what only the evaluation can tell, and takes nothing from training or from aborted rounds", () => {
  const before = evaluateGates(task, [record({ metrics: figures }), record({ state: "aborted", survivors: 1 })], spent);
  expect(before.map((g) => [g.value, g.met])).toEqual([
    [null, null],
    [null, null],
    [1.5, true],
    [6, true],
  ]);
  expect(complianceTerm(before)).toBe(0);
});

it("takes F1 of classes and names from the evaluation", () => {
  const gated = {
    ...task,
    gates: [
      { metric: "microF1" as const, atLeast: 0.5 },
      { metric: "macroF1" as const, atLeast: 0.5 },
    ],
  };
  const classes = { accuracy: 0.9, microF1: 0.6, macroF1: 0.4 };
  const told = (question: "train" | "evaluate") => evaluateGates(gated, [record({ question, classes })], spent);
  expect(told("evaluate").map((g) => [g.value, g.met])).toEqual([
    [0.6, true],
    [0.4, false],
  ]);
  expect(told("train").map((g) => g.value)).toEqual([null, null]);
});

it("decides by the evaluation, the gap by the penalised attribute, the cohort by its smallest round", () => {
  const records = [record({ survivors: 4 }), record({ question: "evaluate", metrics: figures })];
  const gates = evaluateGates(task, records, spent);
  expect(gates.map((g) => [g.value, g.met])).toEqual([
    [0.85, true],
    [0.04, false],
    [1.5, true],
    [4, false],
  ]);
  expect(complianceTerm(gates)).toBeCloseTo(0.015 + 1, 12);
});
