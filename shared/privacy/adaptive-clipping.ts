/**
 * A clip norm that finds its own size (Andrew, Thakkar, McMahan & Ramaswamy 2021, Algorithm 1). Beside its change each tab
 * answers b, whether the change was within the round's clip norm C; from the noisy share b̃ of the tabs that say yes
 *
 *   C ← C·exp(−η·(b̃ − γ))
 *
 * so that C goes to the median norm (γ = ½). b − ½ is one coordinate of the clipped, noised vector, of its joint bound, so
 * it costs no ε: noise multiplier and Δ̂ are the plan's whatever C is.
 *
 * Formal guarantees
 * - The noise is a multiple of what a tab may move the sum by, in grid steps, and the grid is C over a fixed number of
 *   steps. A coordinator that announces another C than the sums imply changes what a step means, not how well it hides.
 *
 * What it does not promise: that b̃ is what the sum said. The ledger has it, and everything after it follows.
 */
import type { Task } from "../task.ts";

/** γ: share of tabs whose change is to be within the clip norm. */
const targetShare = 0.5;

/** η_C */
const rate = 0.2;

/** The furthest that one round moves ln C: shares are between 0 and 1. */
const furthest = rate * Math.max(targetShare, 1 - targetShare);

/** Exponentials differ in the last digits between engines. */
const slack = 1e-9;

/** What a training round said of its clip norm. */
export interface ClipStep {
  /** C, in the update's own unit */
  norm: number;
  /** b̃: share of the survivors whose change was within it, from the noisy sum, cut to 0 … 1 */
  within: number;
}

/** The clip norm of a round, and the round before that it follows from; none in the first. */
export interface AnnouncedClip {
  norm: number;
  after?: ClipStep;
}

export const nextClipNorm = ({ norm, within }: ClipStep): number => norm * Math.exp(-rate * (within - targetShare));

/** @param sum Σ(b − ½) of the survivors, noisy */
export const shareWithin = (sum: number, survivors: number): number => Math.min(1, Math.max(0, 0.5 + sum / survivors));

export const isSameNorm = (a: number, b: number): boolean => Math.abs(a / b - 1) <= slack;

/** What the coordinator announces after these rounds; nothing where the task's clip norm is fixed. */
export function announcedClip(task: Task, records: readonly { clip?: ClipStep }[]): AnnouncedClip | undefined {
  if (task.privacy.clipping !== "adaptive") return undefined;
  const after = records.flatMap(({ clip }) => clip ?? []).at(-1);
  return after ? { norm: nextClipNorm(after), after } : { norm: task.privacy.clipNorm };
}

/**
 * What a tab checks: the norm follows from what is said of the round before, and is no further from the task's own than
 * the rounds so far can have moved it. A task with a fixed norm has none announced.
 */
export function isClipDue(task: Task, clip: AnnouncedClip | undefined, round: number): boolean {
  if (task.privacy.clipping !== "adaptive") return clip === undefined;
  // What comes from outside may be anything.
  if (!clip || !(clip.norm > 0) || !Number.isFinite(clip.norm)) return false;
  const { norm, after } = clip;
  // The profile, and this round itself, moved nothing.
  const moves = Math.max(0, round - 2);
  if (Math.abs(Math.log(norm / task.privacy.clipNorm)) > furthest * moves + slack) return false;
  if (!after) return isSameNorm(norm, task.privacy.clipNorm);
  return after.within >= 0 && after.within <= 1 && isSameNorm(norm, nextClipNorm(after));
}
