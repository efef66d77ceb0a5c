/** How many it takes: the smallest cohort of a task, and what a cohort is certain to keep when some drop out or collude. */

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
 * nothing revealed; of those, ⌊size·colludingShare⌋ may know their own noise, so only `honest` shares of noise count.
 */
export function guaranteedCohort(task: Terms, size: number): { survivors: number; honest: number } {
  const survivors = Math.ceil(size * (1 - task.cohort.dropoutTolerance) - 1e-9);
  return { survivors, honest: survivors - Math.floor(size * task.cohort.colludingShare + 1e-9) };
}
