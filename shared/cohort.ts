/** How many it takes: the smallest cohort of a task, and what a cohort is certain to keep when some drop out or collude. */

import { cohortGraph, type GraphParameters } from "./secure-sum/graph-parameters.ts";

/** Whose presence is hidden: one row of an institution's data, or one participant. */
export type PrivacyUnit = "record" | "participant";

/** The part of a task that this rests on. */
interface Terms {
  privacy: { unit: PrivacyUnit };
  cohort: { minimum?: number | undefined; dropoutTolerance: number; colludingShare: number };
}

/** Five institutions, or a hundred persons: below that a cohort hides its members weakly, and is labelled so. */
const customaryMinimum: Record<PrivacyUnit, number> = { record: 5, participant: 100 };

export function minimumCohort(task: Terms): number {
  return task.cohort.minimum ?? customaryMinimum[task.privacy.unit];
}

/** A cohort smaller than the customary one is allowed, but the word «weak» stands wherever it appears. */
export function isWeakCohort(task: Terms): boolean {
  return minimumCohort(task) < customaryMinimum[task.privacy.unit];
}

/**
 * What a cohort of `size` is certain to keep: fewer `survivors` than ⌈size·(1 − dropoutTolerance)⌉ end the round with
 * nothing revealed; of those, ⌊roster·colludingShare⌋ may know their own noise, so only `honest` shares of noise count.
 * @param roster how many there were at first: who colludes does not drop out
 */
export function guaranteedCohort(task: Terms, size: number, roster = size): { survivors: number; honest: number } {
  const survivors = Math.ceil(size * (1 - task.cohort.dropoutTolerance) - 1e-9);
  return { survivors, honest: survivors - Math.floor(roster * task.cohort.colludingShare + 1e-9) };
}

/**
 * Degree and threshold of a roster of `size`, or undefined where none fits. Of the roster, the tolerated share may be gone
 * before shares are sent, and of those who sent them the same share before uploads close.
 */
export function graphFor(task: Terms, size: number): GraphParameters | undefined {
  const { dropoutTolerance, colludingShare } = task.cohort;
  return cohortGraph(size, colludingShare, 1 - (1 - dropoutTolerance) ** 2);
}
