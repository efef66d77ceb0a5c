/**
 * A cell's hyper-parameters, chosen by what its own private `evaluate` says of held-back rows and by nothing else, and
 * what the whole search costs.
 *
 * - random: K runs, K from a truncated negative binomial distribution; the best is kept
 *   (shared/privacy/accountants/selection.ts). Its ε holds where only the best run is told, and K is not.
 * - halving: a fixed schedule of short runs of many candidates and longer ones of the best (Jamieson & Talwalkar 2016,
 *   successive halving). Which candidate goes on follows from private figures, and every round and evaluation of every
 *   candidate is paid for: zCDP adds up, whatever was asked because of what before.
 */
import { invariant } from "../../shared/errors.ts";
import type { HyperParameter, Search } from "../../shared/lab/search.ts";
import { planOf } from "../../shared/plan.ts";
import { selectionEpsilon, type Trials, trialsOf } from "../../shared/privacy/accountants/selection.ts";
import { epsilonOfRho, rhoOf, rhoWithin } from "../../shared/privacy/accountants/zcdp.ts";
import type { RandomSource } from "../../shared/privacy/random.ts";
import { portionOf } from "../../shared/questions/question.ts";
import type { Task } from "../../shared/task.ts";
import type { Change } from "../simulation/change.ts";
import { fraction } from "../simulation/draw.ts";
import type { Outcome } from "../simulation/federation.ts";

export type Candidate = Partial<Record<HyperParameter, number>>;

export interface Found {
  chosen: Candidate;
  outcome: Outcome;
  /** Runs that were begun */
  trials: number;
  /** Of the whole search, at the task's δ */
  epsilon: number;
}

/** @param until the round after which it stops and is evaluated */
export type Play = (candidate: Candidate, seed: number, until: number) => Promise<Outcome>;

export async function searched(search: Search, task: Task, random: RandomSource, play: Play): Promise<Found> {
  return search.kind === "random" ? atRandom(search, task, random, play) : halved(search, task, random, play);
}

const seedOf = (random: RandomSource) => 1 + random.below(2 ** 31 - 2);

/** What is never worse than nothing: where noise left no figure, the run is the last that is chosen. */
const scoreOf = ({ evaluation }: Outcome, by: Search["by"]): number =>
  Number.isNaN(evaluation[by]) ? Number.NEGATIVE_INFINITY : evaluation[by];

async function atRandom(
  search: Extract<Search, { kind: "random" }>,
  task: Task,
  random: RandomSource,
  play: Play,
): Promise<Found> {
  const trials = trialsOf(search.eta, search.trials);
  const count = drawTrials(trials, random);
  let best: { chosen: Candidate; outcome: Outcome } | undefined;
  for (let trial = 0; trial < count; trial++) {
    const chosen = candidateOf(search.over, random);
    const outcome = await play(chosen, seedOf(random), task.training.rounds);
    if (!best || scoreOf(outcome, search.by) > scoreOf(best.outcome, search.by)) best = { chosen, outcome };
  }
  invariant(best, "at least one trial");
  const { epsilon, delta } = task.privacy;
  // A run is planned by zCDP: what its ε allows is an upper bound of its ρ.
  return { ...best, trials: count, epsilon: selectionEpsilon(rhoWithin(epsilon, delta), trials, delta) };
}

/** K, by the ratio of neighbouring probabilities: P[k + 1]/P[k] = (1 − γ)·(k + η)/(k + 1). */
export function drawTrials({ eta, gamma }: Trials, random: RandomSource): number {
  const at = fraction(random);
  let k = 1;
  let probability = eta === 0 ? (1 - gamma) / Math.log(1 / gamma) : ((1 - gamma) * eta) / (gamma ** -eta - 1);
  let sum = probability;
  while (sum < at && probability > 0) {
    probability *= ((1 - gamma) * (k + eta)) / (k + 1);
    sum += probability;
    k++;
  }
  return k;
}

async function halved(
  search: Extract<Search, { kind: "halving" }>,
  task: Task,
  random: RandomSource,
  play: Play,
): Promise<Found> {
  const rungs = rungsOf(search, task.training.rounds);
  let field = Array.from({ length: search.trials }, () => ({
    chosen: candidateOf(search.over, random),
    seed: seedOf(random),
  }));
  let winner: { chosen: Candidate; outcome: Outcome } | undefined;
  for (const { candidates, rounds } of rungs) {
    // From its seed a run is the same again up to where it was stopped: nothing is released twice, only computed.
    const judged: { chosen: Candidate; seed: number; outcome: Outcome }[] = [];
    for (const { chosen, seed } of field.slice(0, candidates))
      judged.push({ chosen, seed, outcome: await play(chosen, seed, rounds) });
    judged.sort((a, b) => scoreOf(b.outcome, search.by) - scoreOf(a.outcome, search.by));
    field = judged;
    winner = judged[0]!;
  }
  const { chosen, outcome } = winner!;
  return { chosen, outcome, trials: search.trials, epsilon: halvingEpsilon(search, task) };
}

/** How many go on, and to which round. */
export function rungsOf(
  { trials, keep }: Pick<Extract<Search, { kind: "halving" }>, "trials" | "keep">,
  rounds: number,
): { candidates: number; rounds: number }[] {
  const fields = [trials];
  while (fields.at(-1)! > 1) fields.push(Math.max(1, Math.floor(fields.at(-1)! * keep)));
  return fields.map((candidates, i) => ({
    candidates,
    rounds: Math.max(1, Math.floor(rounds * keep ** (fields.length - 1 - i))),
  }));
}

/** Of all rounds and evaluations of the schedule, composed. */
export function halvingEpsilon(search: Extract<Search, { kind: "halving" }>, task: Task): number {
  const { noiseMultiplier } = planOf(task);
  const rungs = rungsOf(search, task.training.rounds);
  const trained = rungs.reduce(
    (sum, { candidates, rounds }, i) => sum + candidates * (rounds - (rungs[i - 1]?.rounds ?? 0)),
    0,
  );
  const evaluated = rungs.reduce((sum, { candidates }) => sum + candidates, 0);
  const learning = rhoOf(noiseMultiplier.profile, search.trials) + rhoOf(noiseMultiplier.train, trained);
  const judging = rhoOf(noiseMultiplier.evaluate, evaluated);
  // At record level a row is either learned from or judged by.
  const isApart = portionOf("evaluate", task.privacy.unit) !== "train";
  return epsilonOfRho(isApart ? Math.max(learning, judging) : learning + judging, task.privacy.delta);
}

function candidateOf(over: Search["over"], random: RandomSource): Candidate {
  return Object.fromEntries(
    Object.entries(over).map(([name, values]) => {
      if (Array.isArray(values)) return [name, values[random.below(values.length)]!];
      return [name, within(values, fraction(random))];
    }),
  );
}

type Range = Extract<NonNullable<Search["over"][HyperParameter]>, { from: number }>;

function within({ from, to, scale }: Range, at: number): number {
  const value = scale === "log" ? from * (to / from) ** at : from + (to - from) * at;
  // Four digits are enough to say what was chosen, and few enough to print.
  return Number(value.toPrecision(4));
}

/** What a candidate writes anew in its task. */
export function changeOfCandidate(candidate: Candidate): Change {
  const change: Record<string, Record<string, number>> = {};
  for (const [name, value] of Object.entries(candidate)) {
    const [block, field] = name.split(".") as [string, string];
    change[block] = { ...change[block], [field]: value };
  }
  return change;
}

/** Candidates at every value of a list, and at both ends and somewhere in between of a range, one name at a time. */
export function samplesOf({ over }: Search): Candidate[] {
  return Object.entries(over).flatMap(([name, values]) =>
    (Array.isArray(values) ? values : [0, 0.37, 1].map((at) => within(values, at))).map((value) => ({ [name]: value })),
  );
}
