import { expect, test } from "vitest";
import { guaranteedCohort } from "./cohort.ts";
import { planOf, roundPlan, spareRounds } from "./plan.ts";
import { epsilonOf, type MechanismEvent } from "./privacy/accountants/rdp.ts";
import { layoutOf, type Question } from "./questions/question.ts";
import { smallTask } from "./round/testing.ts";
import type { Task } from "./task.ts";

const delta = 1e-5;
const record = (epsilon: number, rounds: number, sampleRate = 1): Task =>
  smallTask({
    privacy: { unit: "record", epsilon, delta, sampleRate },
    training: { rounds, learningRate: 1 },
  });
const participant = (epsilon: number, rounds: number, cohort: object = {}): Task =>
  smallTask({
    privacy: { unit: "participant", epsilon, delta },
    training: { rounds, learningRate: 1 },
    cohort: { minimum: 3, maximum: 250, dropoutTolerance: 0.1, colludingShare: 0.1, ...cohort },
  });
const kinds: Question["kind"][] = ["profile", "train", "tree", "moments", "explain", "evaluate"];

const explain = { share: 0.3, attributionBound: 4, treeDepth: 3, components: 2 };
const tasks: [string, Task][] = [
  ["records, 2 rounds", record(2, 2)],
  ["records, 100 sampled rounds", record(1, 100, 0.1)],
  ["records, much ε", record(20, 30, 0.5)],
  ["participants, 2 rounds", participant(2, 2)],
  ["participants, 200 rounds", participant(8, 200)],
  ["records, explained", { ...record(1, 20), explain }],
  ["participants, explained", { ...participant(4, 20), explain }],
];

test.each(tasks)("all planned rounds and the spare ones cost at most ε: %s", (_, task) => {
  const { noiseMultiplier, sampleRate, rounds } = planOf(task);
  const event = (kind: Question["kind"], count: number): MechanismEvent => ({
    noiseMultiplier: noiseMultiplier[kind],
    sampleRate: sampleRate[kind],
    count,
  });
  const { epsilon, unit } = task.privacy;
  const tree = task.explain ? [event("tree", rounds.tree + 1)] : [];
  const told = task.explain ? [event("explain", 2)] : [];
  const moments = task.explain ? [event("moments", 2)] : [];
  const training = [event("profile", 1), event("train", rounds.train + spareRounds(rounds.train)), ...tree, ...moments];
  const onTrain = unit === "record" ? training : [...training, event("evaluate", 1), ...told];
  expect(epsilonOf(onTrain, delta)).toBeLessThanOrEqual(epsilon);
  if (unit === "record") {
    const onHeldBack = epsilonOf([event("evaluate", 2), ...told], delta);
    expect(onHeldBack).toBeLessThanOrEqual(epsilon);
    expect(onHeldBack).toBeGreaterThan(0.999 * epsilon);
  }
  // Tree, moments and attributions have their share each.
  for (const events of [tree, moments, told])
    expect(events.length === 0 ? 0 : epsilonOf(events, delta)).toBeLessThanOrEqual(
      epsilon * (task.explain?.share ?? 0),
    );
  // Nor is a perceptible part of it left unused.
  expect(epsilonOf(onTrain, delta)).toBeGreaterThan(0.999 * epsilon);
  expect(epsilonOf([event("profile", 1)], delta)).toBeLessThanOrEqual(epsilon * task.privacy.profileShare);
});

test("the plan follows from the task alone, and less noise needs another task", () => {
  expect(planOf(record(2, 5))).toEqual(planOf(record(2, 5)));
  expect(planOf(record(2, 5)).noiseMultiplier.train).toBeGreaterThan(planOf(record(3, 5)).noiseMultiplier.train);
  expect(planOf(record(2, 6)).noiseMultiplier.train).toBeGreaterThan(planOf(record(2, 5)).noiseMultiplier.train);
});

test("there are at least two spare rounds, and one in twenty", () => {
  expect([1, 2, 40, 41, 100].map(spareRounds)).toEqual([2, 2, 2, 3, 5]);
});

const cohorts: [number, number][] = [
  [0, 0],
  [0.1, 0.1],
  [0.3, 0.1],
  [0.1, 0.3],
];
test.each(cohorts)("with dropouts of %f and colluders of %f, at every size", (dropoutTolerance, colludingShare) => {
  const task = participant(4, 10, { dropoutTolerance, colludingShare });
  const plan = planOf(task);
  for (let size = 3; size <= 250; size += size < 20 ? 1 : 23) {
    const { honest, survivors } = guaranteedCohort(task, size);
    for (const kind of kinds) {
      const round = roundPlan(task, plan, kind, size);
      const { sensitivity } = round.layout;
      expect(round.survivors).toBe(survivors);
      // The honest survivors' noise alone is the promise.
      const promised = (plan.noiseMultiplier[kind] * sensitivity) ** 2;
      expect(Number(round.localVariance) * honest).toBeGreaterThanOrEqual(promised * (1 - 1e-12));
      expect(Number(round.localVariance) * honest).toBeLessThanOrEqual(promised + honest);
      // The largest honest coordinate, each tab's Δ̂ and ten deviations of all noise, is below half the modulus.
      const largest = size * sensitivity + 10 * Math.sqrt(size * Number(round.localVariance));
      if (round.bits < 32) expect(largest).toBeLessThanOrEqual(2 ** (round.bits - 1) + 10 * Math.sqrt(size));
      expect(largest).toBeLessThan(2 ** 31);
      expect(round.bits).toBeLessThanOrEqual(32);
    }
  }
});

test("sums of records use all 32 bits, for nobody knows how many rows there are", () => {
  const task = record(2, 5);
  for (const kind of kinds) expect(roundPlan(task, planOf(task), kind, 5).bits).toBe(32);
});

test("the layout is the question's", () => {
  const task = participant(2, 2);
  for (const kind of kinds) expect(roundPlan(task, planOf(task), kind, 5).layout).toEqual(layoutOf(kind, task));
});
