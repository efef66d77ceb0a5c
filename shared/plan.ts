/**
 * What follows from a task: the noise of each question, and each tab's share of it. Both ends compute it from the task
 * alone (and the cohort's size), so a coordinator that would lower the noise has to change the task, hence its hash.
 */

import { guaranteedCohort, minimumCohort } from "./cohort.ts";
import { epsilonOf, type MechanismEvent } from "./privacy/accountants/rdp.ts";
import { account, type Charge } from "./privacy/balance.ts";
import type { Participation } from "./privacy/banded.ts";
import { noiseMultiplierFor } from "./privacy/calibrate.ts";
import { blockSize } from "./privacy/hadamard.ts";
import { attackerPower } from "./privacy/power.ts";
import { type Layout, segment } from "./questions/layout.ts";
import { layoutOf, portionOf, type Question } from "./questions/question.ts";
import { hasComponents, type Task } from "./task.ts";

type Kind = Question["kind"];

export interface Plan {
  /** z: standard deviation of the sum's noise over the layout's sensitivity, by question */
  noiseMultiplier: Record<Kind, number>;
  /** Chance of a unit to be in the answer, by question */
  sampleRate: Record<Kind, number>;
  /** Rounds of each question the budget is made for; rounds that had to be repeated live on the spare ones */
  rounds: Record<Kind, number>;
  /** Of a task with `banded`: the correlated noise on top, and who may be in which rounds */
  banded?: ReturnType<typeof bandedPlan>;
}

/** Spare rounds in the budget: a round that was charged and then failed is never refunded. */
export const spareRounds = (rounds: number): number => Math.max(2, Math.ceil(rounds * 0.05));

/**
 * Splits epsilon: the profile takes `profileShare`, the tree, the moments and the attributions `explain.share` each, training
 * the rest of what its own portion may spend. `explain` and `evaluate` read rows no other question reads at record level, so
 * `evaluate` has the rest of a whole epsilon there; at participant level it takes another `profileShare`.
 */
export function planOf(task: Task): Plan {
  const { epsilon, delta, sampleRate, profileShare, unit } = task.privacy;
  const tree = task.explain?.treeDepth ?? 0;
  const moments = hasComponents(task) ? 1 : 0;
  const rounds = {
    profile: 1,
    train: task.training.rounds,
    tree,
    moments,
    explain: task.explain ? 1 : 0,
    evaluate: 1,
  };
  const whole = (share: number, count: number, after?: MechanismEvent[]) =>
    noiseMultiplierFor({ epsilon: epsilon * share, delta, sampleRate: 1, count, ...(after && { after }) });
  const small = whole(profileShare, 1);
  const told = task.explain?.share ?? profileShare;
  /** One spare round each: a round that was charged and then failed is never refunded */
  const [treeNoise, onceNoise] = [whole(told, tree + 1), whole(told, 2)];
  const event = (noiseMultiplier: number, count: number): MechanismEvent => ({ noiseMultiplier, sampleRate: 1, count });
  const trees = tree > 0 ? [event(treeNoise, tree + 1)] : [];
  const spreads = moments > 0 ? [event(onceNoise, 2)] : [];
  const explanations = task.explain ? [event(onceNoise, 2)] : [];
  const train = noiseMultiplierFor({
    epsilon,
    delta,
    sampleRate,
    count: rounds.train + spareRounds(rounds.train),
    after: [event(small, unit === "record" ? 1 : 2), ...trees, ...spreads, ...(unit === "record" ? [] : explanations)],
  });
  const evaluate = unit === "record" ? whole(1, rounds.evaluate + 1, explanations) : small;
  const plan: Plan = {
    noiseMultiplier: { profile: small, train, tree: treeNoise, moments: onceNoise, explain: onceNoise, evaluate },
    sampleRate: { profile: 1, train: sampleRate, tree: 1, moments: 1, explain: 1, evaluate: 1 },
    rounds,
  };
  const { banded } = task.privacy;
  if (!banded) return plan;
  return { ...plan, banded: bandedPlan(task, plan, { minSeparation: banded.bands, epsilon: banded.epsilon }) };
}

/** What one answer charges. @param at which attempt at which round of a run, and how many tabs it is asked of */
export const chargeOf = (
  { task, taskHash, plan }: { task: Task; taskHash: string; plan: Plan },
  question: Kind,
  at: { round: number; attempt: number; cohort: number },
): Charge => ({
  taskHash,
  round: at.round,
  attempt: at.attempt,
  question,
  portion: portionOf(question, task.privacy.unit),
  event: { noiseMultiplier: plan.noiseMultiplier[question], sampleRate: plan.sampleRate[question] },
  honest: guaranteedCohort(task, at.cohort).honest,
});

/**
 * What charges amount to in the eyes of everybody but the coordinator, which is trusted for this number: of the training
 * rounds only what correlated noise leaves, once for all of them. Undefined for tasks without it.
 */
export function trustingCoordinator(
  { privacy }: Task,
  { banded }: Plan,
  charges: readonly Charge[],
): { epsilon: number; truePositiveRate: number } | undefined {
  if (!banded) return undefined;
  const events: MechanismEvent[] = charges
    .filter(({ question }) => question !== "train")
    .map(({ event }) => ({ ...event, count: 1 }));
  if (events.length < charges.length) events.push({ noiseMultiplier: banded.noiseMultiplier, sampleRate: 1, count: 1 });
  return { epsilon: epsilonOf(events, privacy.delta), truePositiveRate: attackerPower(events) };
}

/**
 * Noise that is correlated over the training rounds (privacy/banded.ts): what z is over the sensitivity of all of C·x, such
 * that it costs, with every other question, at most `epsilon` in the eyes of everybody but the coordinator.
 * @param minSeparation least difference of two training rounds that one participant takes part in
 */
export function bandedPlan(
  task: Task,
  plan: Plan,
  { minSeparation, epsilon }: { minSeparation: number; epsilon: number },
): { noiseMultiplier: number; participation: Participation } {
  // As many rounds as every other mechanism's budget is made for.
  const rounds = task.training.rounds + spareRounds(task.training.rounds);
  const { delta, unit } = task.privacy;
  const after = (["profile", "tree", "moments", "explain", "evaluate"] as const)
    .filter((kind) => plan.rounds[kind] > 0 && portionOf(kind, unit) === "train")
    .map((kind) => ({
      noiseMultiplier: plan.noiseMultiplier[kind],
      sampleRate: 1,
      count: plan.rounds[kind] + (kind === "profile" || kind === "evaluate" ? 0 : 1),
    }));
  return {
    // All of C·x is one answer of one Gaussian mechanism.
    noiseMultiplier: noiseMultiplierFor({ epsilon, delta, sampleRate: 1, count: 1, after }),
    participation: { rounds, minSeparation, most: Math.ceil(rounds / minSeparation) },
  };
}

/**
 * What all planned rounds and the spare ones amount to in the smallest cohort, where a tab's own share of noise is
 * largest; see `account`. In a larger one, less is left of it if all others collude.
 */
export function wholeRun(
  task: Task,
  plan: Plan,
): Pick<ReturnType<typeof account>, "truePositiveRate" | "alone"> & {
  trusting?: NonNullable<ReturnType<typeof trustingCoordinator>>;
} {
  const { rounds } = plan;
  const kinds: [Kind, number][] = [
    ["profile", rounds.profile],
    ["train", rounds.train + spareRounds(rounds.train)],
    ["tree", rounds.tree],
    ["moments", rounds.moments],
    ["explain", rounds.explain],
    ["evaluate", rounds.evaluate],
  ];
  const cohort = minimumCohort(task);
  const charges = kinds.flatMap(([question, rounds]) =>
    Array.from({ length: rounds }, (_, round) =>
      chargeOf({ task, taskHash: "", plan }, question, { round, attempt: 1, cohort }),
    ),
  );
  const { truePositiveRate, alone } = account(charges, task.privacy.delta);
  const trusting = trustingCoordinator(task, plan, charges);
  return { truePositiveRate, alone, ...(trusting && { trusting }) };
}

/** How one round's sum is shared out among the tabs that take part. */
export interface RoundPlan {
  layout: Layout;
  noiseMultiplier: number;
  sampleRate: number;
  /** Fewer survivors end the round with nothing revealed */
  survivors: number;
  /** Shares of noise that make up the promise */
  honest: number;
  /** Variance of each tab's own noise, integers squared: (z·Δ̂)² over the honest shares that are sure to be there */
  localVariance: bigint;
  /** Bits of a coordinate on the wire; sums are modulo 2^bits */
  bits: number;
}

/** @param size tabs whose answers are due @param roster tabs there were at first */
export function roundPlan(task: Task, plan: Plan, question: Kind, size: number, roster = size): RoundPlan {
  const layout = layoutOf(question, task);
  const { survivors, honest } = guaranteedCohort(task, size, roster);
  const noiseMultiplier = plan.noiseMultiplier[question];
  const deviation = noiseMultiplier * layout.sensitivity;
  return {
    layout,
    noiseMultiplier,
    sampleRate: plan.sampleRate[question],
    survivors,
    honest,
    localVariance: BigInt(Math.ceil(deviation ** 2 / honest)),
    bits: modulusBits(task, layout, deviation * Math.sqrt(size / honest), size),
  };
}

/** Two coordinates in five bytes: what packs well, and what cohorts up to a thousand need. */
const customaryBits = 20;

/** Deviations that neither the rotation's spread nor the noise exceeds: once in 10^22 coordinates. */
const farthest = 10;

/**
 * Standard deviation of the noise on a coordinate of the decoded sum, in the unit of its segment: each survivor added
 * its share.
 */
export const noiseOf = ({ layout, localVariance }: RoundPlan, survivors: number, name: string): number =>
  Math.sqrt(Number(localVariance) * survivors) / segment(layout, name).unit;

/**
 * Bits so that no honest sum wraps around. At participant level the sum's norm is at most size·Δ̂, and the rotation's
 * signs, which have nothing to do with the data, leave a coordinate no more than ten times its even share of a block
 * (Hoeffding 1963); noise comes on top. At record level the number of rows behind a coordinate is nobody's business, so
 * the full 32 bits are taken.
 */
function modulusBits(task: Task, layout: Layout, deviation: number, size: number): number {
  if (task.privacy.unit === "record") return 32;
  const share = Math.min(1, farthest / Math.sqrt(blockSize(layout.dimension)));
  const largest = size * layout.sensitivity * share + farthest * deviation;
  return Math.min(32, Math.max(customaryBits, Math.ceil(Math.log2(2 * largest))));
}
