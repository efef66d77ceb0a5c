import { expect, test } from "vitest";
import { guaranteedCohort } from "../../cohort.ts";
import { seededRandom } from "../../privacy/testing/seeded.ts";
import { layoutOf } from "../../questions/question.ts";
import { Abort } from "../reasons.ts";
import { type Formed, formCohort, type Leaves, newWorld, phases, playRound, smallTask } from "../testing.ts";

/** `MURMUR_GOALS=whole` measures all that a goal asks for, otherwise a part that is quick. */
const wholeGoals = process.env.MURMUR_GOALS === "whole";

const dimension = layoutOf("profile", smallTask()).dimension;

/** Distinct integers, some negative, so that a wrong member in the sum shows. */
const answersOf = (size: number) =>
  Array.from({ length: size }, (_, i) =>
    Int32Array.from({ length: dimension }, (_, j) => (i + 1) * 1000 * (j % 2 ? -1 : 1) + j),
  );

const sumOf = (answers: Int32Array[], members: number[]) =>
  Array.from({ length: dimension }, (_, j) => members.reduce((sum, i) => sum + answers[i]![j]!, 0));

test("the sum of a cohort is exact", async () => {
  const world = await newWorld(4);
  const answers = answersOf(4);
  const { sum, survivors } = await playRound(world, answers);
  expect(survivors).toEqual([0, 1, 2, 3]);
  expect(Array.from(sum)).toEqual(sumOf(answers, survivors));
  expect(world.tabs.map((tab) => tab.costs.length)).toEqual([1, 1, 1, 1]);
});

/** All ways in which each of `size` tabs leaves before one of the phases, up to the order of the tabs. */
function* patterns(size: number): Generator<Leaves[]> {
  function* choose(rest: number, from: number): Generator<Leaves[]> {
    if (rest === 0) yield [];
    else for (let p = from; p < phases.length; p++) for (const tail of choose(rest - 1, p)) yield [phases[p]!, ...tail];
  }
  yield* choose(size, 0);
}

test.each(wholeGoals ? [3, 4, 5, 6, 7, 8] : [3, 4, 5, 6])(
  "[19] G6 every dropout pattern at n = %i gives the exact sum of the survivors or nothing",
  { timeout: 600_000 },
  async (size) => {
    const task = smallTask();
    const answers = answersOf(size);
    const world = await newWorld(size, task);
    /** A cohort up to its graph, by who left before it: forming one costs more than all that follows. */
    const cohorts = new Map<string, Formed>();
    let sums = 0;
    let aborts = 0;
    for (const pattern of patterns(size)) {
      // Which tab leaves when must not depend on its place in the roster.
      const shift = (sums + aborts) % size;
      const leaves = pattern.map((_, i) => pattern[(i + shift) % size]!);
      const there = leaves.map((l) => l !== "nonce");
      try {
        const formed = cohorts.get(String(there)) ?? (await formCohort(world, (i) => there[i]!));
        cohorts.set(String(there), formed);
        const { sum, survivors } = await playRound(world, answers, leaves, formed);
        sums++;
        const sharers = leaves.filter((l) => phases.indexOf(l) > phases.indexOf("shares")).length;
        expect(survivors).toEqual(leaves.flatMap((l, i) => (phases.indexOf(l) > phases.indexOf("masked") ? [i] : [])));
        expect(sharers).toBeGreaterThanOrEqual(guaranteedCohort(task, size).survivors);
        expect(survivors.length).toBeGreaterThanOrEqual(guaranteedCohort(task, sharers).survivors);
        expect(Array.from(sum)).toEqual(sumOf(answers, survivors));
      } catch (error) {
        if (!(error instanceof Abort)) throw error;
        aborts++;
      }
    }
    expect(sums).toBeGreaterThan(0);
    expect(aborts).toBeGreaterThan(0);
  },
);

/** How many rounds of each size; a thousand tabs take minutes. */
const large: [number, number][] = wholeGoals
  ? [
      [100, 20],
      [1000, 1],
    ]
  : [[100, 1]];

test.each(large)(
  "G6 %i tabs that leave at random at any phase give the exact sum of the survivors, %i times",
  { timeout: 1_800_000 },
  async (size, rounds) => {
    const random = seededRandom(size);
    const task = smallTask({
      cohort: { minimum: 3, maximum: size, dropoutTolerance: size > 100 ? 0.05 : 0.15, colludingShare: 0.05 },
    });
    const world = await newWorld(size, task);
    const answers = answersOf(size);
    for (let round = 0; round < rounds; round++) {
      // Of these few it is drawn when they leave, which may be never.
      const oneOf = size > 100 ? 50 : 16;
      const leaves = answers.map(() => (random.below(oneOf) === 0 ? phases[random.below(phases.length)]! : "never"));
      const { sum, survivors } = await playRound(world, answers, leaves);
      expect(survivors).toEqual(leaves.flatMap((l, i) => (phases.indexOf(l) > phases.indexOf("masked") ? [i] : [])));
      expect(Array.from(sum)).toEqual(sumOf(answers, survivors));
    }
  },
);
