import { expect, test } from "vitest";
import { minimumCohort } from "../shared/cohort.ts";
import type { TreeNode } from "../shared/explain/tree.ts";
import { chargeOf, planOf } from "../shared/plan.ts";
import { worst } from "../shared/privacy/balance.ts";
import type { Question } from "../shared/questions/question.ts";
import type { RoundRecord } from "../shared/run-record.ts";
import { spentOn } from "../shared/spent.ts";
import { asTask } from "../shared/task-rules.ts";
import { type Course, nextQuestion } from "./agenda.ts";

type Kind = Question["kind"];

const task = asTask({
  name: "asked",
  purpose: "a small task for tests of what is asked when",
  data: {
    label: { column: "y", positive: "yes", negative: "no" },
    features: [
      { name: "x", kind: "numeric", min: 0, max: 1 },
      { name: "z", kind: "numeric", min: 0, max: 1 },
    ],
  },
  model: {},
  explain: { treeDepth: 2 },
  // All questions read the same portion of the data, and judging the model costs more than a round of training.
  privacy: { unit: "participant", epsilon: 4, delta: 1e-5, profileShare: 0.4 },
  training: { rounds: 3, learningRate: 1 },
});
const start: Course = { task, taskHash: "00", plan: planOf(task), records: [], charges: [] };

const leaf: TreeNode = { counts: [5, 5] };
const once: TreeNode = { counts: [10, 10], split: { feature: 0, left: [], reached: [], below: [leaf, leaf] } };

const charged = (course: Course, kind: Kind): Course => ({
  ...course,
  charges: [...course.charges, chargeOf(course, kind, { round: 1, attempt: 1, cohort: minimumCohort(task) })],
});

function answeredWith(course: Course, kind: Kind, tree?: TreeNode): Course {
  const record: RoundRecord = {
    round: course.records.length + 1,
    question: kind,
    state: "finished",
    cohort: 10,
    survivors: 10,
    dropped: {},
    privacy: spentOn(task, course.charges),
    ...(tree && { tree }),
    modelHash: "00",
    duration: 1,
    finishedAt: "2026-01-01T00:00:00.000Z",
  };
  return { ...course, records: [...course.records, record] };
}

/** Every question that is asked until there is no next one. @param lost attempts at a kind that are charged, then fail */
function wholeRun(tree: TreeNode, lost: Partial<Record<Kind, number>> = {}) {
  const toLose = { ...lost };
  const asked: Kind[] = [];
  let course = start;
  for (let kind = nextQuestion(course); kind; kind = nextQuestion(course)) {
    course = charged(course, kind);
    const failing = toLose[kind] ?? 0;
    toLose[kind] = failing - 1;
    if (failing > 0) continue;
    asked.push(kind);
    course = answeredWith(course, kind, kind === "tree" ? tree : undefined);
  }
  return { asked, spent: worst(course.charges, task.privacy.delta) };
}

test("every question comes in its turn, each until it is answered", () => {
  expect(wholeRun(once).asked).toEqual([
    ...["profile", "train", "train", "train", "tree", "tree", "explain", "evaluate"],
  ]);
});

test("a tree that has nothing left to split is not asked to grow", () => {
  expect(wholeRun(leaf).asked.filter((kind) => kind === "tree")).toHaveLength(1);
});

test("attempts that the budget has room for are made up for", () => {
  expect(wholeRun(once, { train: 2, tree: 1, explain: 1 }).asked).toEqual(wholeRun(once).asked);
});

test("a budget that lost attempts have eaten goes to judging the model, not to training it further", () => {
  const { asked, spent } = wholeRun(once, { train: 4 });
  expect(asked.filter((kind) => kind === "train").length).toBeLessThan(3);
  expect(asked.at(-1)).toBe("evaluate");
  expect(spent).toBeLessThanOrEqual(task.privacy.epsilon);
});

test("what does not fit the budget is not asked at all", () => {
  expect(nextQuestion(start)).toBe("profile");
  const dear = { ...start.plan.noiseMultiplier, profile: 0.1 };
  expect(nextQuestion({ ...start, plan: { ...start.plan, noiseMultiplier: dear } })).toBeUndefined();
});
