import { expect, test } from "vitest";
import { minimumCohort } from "./cohort.ts";
import { chargeOf, planOf } from "./plan.ts";
import { admit, type Charge } from "./privacy/balance.ts";
import type { Question } from "./questions/question.ts";
import { isSpent } from "./spent.ts";
import { asTask } from "./task-rules.ts";

const task = asTask({
  name: "spent",
  purpose: "a small task for tests of what is left",
  data: {
    label: { column: "y", positive: "yes", negative: "no" },
    features: [{ name: "x", kind: "numeric", min: 0, max: 1 }],
  },
  model: {},
  privacy: { unit: "record", epsilon: 2, delta: 1e-5 },
  training: { rounds: 3, learningRate: 1 },
});
const own = { task, taskHash: "00", plan: planOf(task) };
const other = { ...own, taskHash: "11" };

/** Rounds of each kind in turn until the next does not fit. */
function filled(course: typeof own, ...kinds: Question["kind"][]): Charge[] {
  const charges: Charge[] = [];
  for (const kind of kinds) {
    const charge = chargeOf(course, kind, { round: 1, attempt: 1, cohort: minimumCohort(task) });
    while (admit(charges, charge, task.privacy).admitted) charges.push(charge);
  }
  return charges;
}

test("a budget is spent when no question fits: rows that training never reads have theirs still", () => {
  expect(isSpent(own, [])).toBe(false);
  expect(isSpent(own, filled(own, "train", "profile"))).toBe(false);
  expect(isSpent(own, filled(own, "train", "profile", "evaluate"))).toBe(true);
});

test("what another task of the family has spent is spent of every row: which it held back was a coin of its own", () => {
  const charges = filled(other, "train", "profile");
  expect(isSpent(other, charges)).toBe(false);
  expect(isSpent(own, charges)).toBe(true);
});
