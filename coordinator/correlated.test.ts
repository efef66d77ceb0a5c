/** What a run's correlated noise is: as large as the plan says, and the same run after a restart as without one. */
import { expect, test } from "vitest";
import { planOf, roundPlan } from "../shared/plan.ts";
import { seededRandom } from "../shared/privacy/testing/seeded.ts";
import { smallTask } from "../shared/round/testing.ts";
import { asTask } from "../shared/task-rules.ts";
import { withCorrelatedNoise } from "./correlated.ts";
import { startLearner } from "./learner.ts";

const banded = { bands: 3, epsilon: 8 };
const task = asTask({
  ...smallTask(),
  model: {
    layers: [
      { kind: "dense", outputs: 200, activation: "tanh" },
      { kind: "dense", outputs: 1 },
    ],
  },
  privacy: { unit: "participant", epsilon: 40, delta: 1e-5, banded },
  cohort: { minimum: 3, maximum: 100, dropoutTolerance: 0, colludingShare: 0 },
  training: { rounds: 6, learningRate: 1 },
});
const plan = planOf(task);
const survivors = 4;
const made = roundPlan(task, plan, "train", survivors);

function play(rounds: number, restart: (learner: ReturnType<typeof startLearner>) => ReturnType<typeof startLearner>) {
  const random = seededRandom(7);
  let learner = startLearner(task, 1);
  const released: Float64Array[] = [];
  let deviation = 0;
  for (let round = 0; round < rounds; round++) {
    const summed = { sum: new Float64Array(made.layout.dimension), plan: made, learner };
    const one = withCorrelatedNoise(banded, plan.banded!, summed, survivors, random);
    released.push(one.sum as Float64Array);
    learner = restart(one.learner);
    deviation = Math.sqrt(Number(one.plan.localVariance - made.localVariance) * survivors);
  }
  return { released, deviation };
}

test("noise on a round is as large as the plan tells the readers of its sum, within 4 standard errors; and it cancels", () => {
  const { released, deviation } = play(6, (learner) => learner);
  const last = released.at(-1)!;
  const measured = Math.hypot(...last) / Math.sqrt(last.length);
  expect(Math.abs(measured / deviation - 1)).toBeLessThan(4 / Math.sqrt(2 * last.length));
  // The sum of all rounds has less noise than independent noise of one round's size would leave.
  const total = released.reduce((sum, one) => sum.map((x, i) => x + one[i]!), new Float64Array(last.length));
  expect(Math.hypot(...total) / Math.sqrt(last.length)).toBeLessThan(0.9 * Math.sqrt(6) * deviation);
});

test("a learner that was stored and loaded goes on with the same noise", () => {
  const stored = play(6, (learner) => structuredClone(learner));
  expect(stored.released).toEqual(play(6, (learner) => learner).released);
  // One that forgot would release the noise anew.
  const forgot = play(6, ({ correlated: _, ...learner }) => learner);
  expect(forgot.released).not.toEqual(stored.released);
});
