/** 8.8 and 8.11: what a coordinator might like to change between the consent and a round, or to say of who left. */
import { expect, test } from "vitest";
import { planOf, roundPlan } from "../plan.ts";
import { acceptAnnouncement, announce } from "../round/0-announce.ts";
import { enoughSurvivors } from "../round/3-masked.ts";
import { newWorld, smallTask } from "../round/testing.ts";
import { taskHash } from "../task.ts";

const base = {
  privacy: { unit: "participant", epsilon: 2, delta: 1e-5 },
  cohort: { minimum: 4, maximum: 100, dropoutTolerance: 0.2, colludingShare: 0.1 },
};
const changes: [string, object][] = [
  ["less noise (z lowered)", { ...base, privacy: { ...base.privacy, epsilon: 20 } }],
  ["a looser δ", { ...base, privacy: { ...base.privacy, delta: 1e-3 } }],
  ["a larger clip norm (C raised)", { ...base, privacy: { ...base.privacy, clipNorm: 100 } }],
  ["another unit of privacy", { ...base, privacy: { ...base.privacy, unit: "record" } }],
  [
    "a larger divisor (no dropouts, nobody colludes)",
    { ...base, cohort: { ...base.cohort, dropoutTolerance: 0, colludingShare: 0 } },
  ],
  ["a smaller cohort", { ...base, cohort: { ...base.cohort, minimum: 3 } }],
];

test.each(changes)("8.8 %s is another task, and the tab declines", async (_, changed) => {
  const world = await newWorld(4, smallTask(base));
  const theirs = { ...world.announcement, taskHash: await taskHash(smallTask(changed as Record<string, unknown>)) };
  const signed = await announce(world.coordinator, theirs);
  await expect(acceptAnnouncement(world.tabs[0]!.env, signed, world.parameters)).rejects.toThrow(
    expect.objectContaining({ reason: "task-changed" }),
  );
  // The same announcement of the task that was consented to is accepted, so it is the task that is refused.
  const honest = await announce(world.coordinator, world.announcement);
  await expect(acceptAnnouncement(world.tabs[0]!.env, honest, world.parameters)).resolves.toBeDefined();
});

test("8.8 noise, grid, bits and divisor follow from the task and the cohort's size; no message has a place for them", async () => {
  const task = smallTask(base);
  const world = await newWorld(3, task);
  const text = JSON.stringify(await announce(world.coordinator, world.announcement));
  const plan = roundPlan(task, planOf(task), "train", 50);
  for (const name of [...Object.keys(plan), "variance", "delta", "epsilon", "clipNorm"])
    if (name !== "sampleRate") expect(text).not.toContain(`"${name}"`);
  expect(roundPlan(smallTask(base), planOf(smallTask(base)), "train", 50)).toEqual(plan);
});

test("8.11 no noise is taken away for those who stayed: any set of survivors that tabs reveal for holds all that is promised", () => {
  const task = smallTask(base);
  let revealedFor = 0;
  for (let size = 4; size <= 100; size++) {
    const plan = roundPlan(task, planOf(task), "train", size);
    const promised = (plan.noiseMultiplier * plan.layout.sensitivity) ** 2;
    const colluding = Math.floor(size * base.cohort.colludingShare);
    // However many the coordinator says have stayed.
    for (let survivors = 0; survivors <= size; survivors++) {
      if (!enoughSurvivors(survivors, plan, { task })) continue;
      expect(Number(plan.localVariance) * (survivors - colluding)).toBeGreaterThanOrEqual(promised);
      revealedFor++;
    }
  }
  expect(revealedFor).toBeGreaterThan(97);
});
