import { expect, test } from "vitest";
import { planOf, roundPlan } from "../shared/plan.ts";
import { segment } from "../shared/questions/layout.ts";
import { spentOn } from "../shared/spent.ts";
import { asTask } from "../shared/task-rules.ts";
import { startLearner } from "./learner.ts";
import { readSum } from "./reading.ts";

const groups = ["A", "B"].map((name) => ({ name, values: [name] }));
const task = asTask({
  name: "read",
  purpose: "a small task for tests of reading",
  data: {
    label: { column: "y", positive: "yes", negative: "no" },
    features: [{ name: "x", kind: "numeric", min: 0, max: 1 }],
    sensitive: [{ name: "group", column: "group", groups }],
  },
  model: {},
  privacy: { unit: "record", epsilon: 2, delta: 1e-5 },
  training: { rounds: 4, learningRate: 1 },
});
const plan = roundPlan(task, planOf(task), "evaluate", 10);

/** What is made of held-back rows, so many in each bin, of each group and label. */
function gapsOf(rows: number) {
  const sum = new Float64Array(plan.layout.dimension);
  const { offset, length } = segment(plan.layout, "histogram");
  sum.fill(rows, offset, offset + length);
  const selected = segment(plan.layout, "selected");
  sum.fill(8 * rows, selected.offset, selected.offset + selected.length);
  const question = { kind: "evaluate", normalisation: {}, thresholds: [0, 0] } as const;
  const at = { trainRound: 4, privacy: spentOn(task, []), records: [] };
  const asked = { ...question, thresholds: [...question.thresholds] };
  return readSum(task, plan, startLearner(task, 1), asked, { sum, survivors: 10 }, at).metrics!.gaps;
}

test("a gap that too few rows tell of is not there, which is not a gap of 0", () => {
  expect(gapsOf(0)).toEqual({});
  expect(gapsOf(10_000)).toEqual({ group: 0 });
});
