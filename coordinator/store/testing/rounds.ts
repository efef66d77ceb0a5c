/** Rounds without participants, for tests of what is kept: every step as a run takes it, with made-up sums. */
import { createHash } from "node:crypto";
import { planOf } from "../../../shared/plan.ts";
import type { Charge } from "../../../shared/privacy/balance.ts";
import { hashParameters } from "../../../shared/round/0-announce.ts";
import type { RoundFacts } from "../../../shared/round/round.ts";
import type { RoundRecord } from "../../../shared/run-record.ts";
import { spentOn } from "../../../shared/spent.ts";
import { taskHash } from "../../../shared/task.ts";
import { asTask } from "../../../shared/task-rules.ts";
import { type Learner, startLearner } from "../../learner.ts";
import type { RunRow, Runs } from "../runs.ts";

export const task = asTask({
  name: "kept",
  purpose: "a small task for tests of the store",
  data: {
    label: { column: "y", positive: "yes", negative: "no" },
    features: [
      { name: "x", kind: "numeric", min: 0, max: 1 },
      { name: "colour", kind: "categorical", values: ["red", "green"] },
    ],
  },
  model: {},
  privacy: { unit: "record", epsilon: 2, delta: 1e-5 },
  training: { rounds: 9000, learningRate: 1 },
});
const plan = planOf(task);
export const hash = (text: string) => createHash("sha256").update(text).digest("hex");

export async function createRun(runs: Runs, id: string): Promise<RunRow> {
  const createdAt = new Date().toISOString();
  const run = { id, task, taskHash: await taskHash(task), invite: "invitation", seed: 1, createdAt };
  return runs.create(run, startLearner(task, 1));
}

export interface Attempt {
  facts: RoundFacts;
  learner: Learner;
  charge: Charge;
}

/** The next attempt as the store has it: nothing but the database says where the run stands. */
export async function nextAttempt(runs: Runs, run: RunRow): Promise<Attempt> {
  const { learner, attempt } = await runs.loadState(run.id);
  const round = (await runs.records(run.id)).filter((record) => record.state === "finished").length + 1;
  const question = round === 1 ? "profile" : "train";
  const facts = { round, attempt, question, announcementHash: hash(`${run.id}/${round}/${attempt}`) } as const;
  const event = { noiseMultiplier: plan.noiseMultiplier[question], sampleRate: plan.sampleRate[question] };
  return {
    facts,
    learner,
    charge: { taskHash: run.taskHash, round, attempt, question, portion: "train", event, honest: 5 },
  };
}

export async function open(runs: Runs, run: RunRow, { facts, learner }: Attempt): Promise<number> {
  const { round, attempt, question, announcementHash } = facts;
  const modelHash = await hashParameters(learner.parameters);
  const place = { run: run.id, round, attempt, question };
  return runs.openRound(run.id, facts, { kind: "announcement", ...place, announcementHash, modelHash });
}

export async function charge(runs: Runs, run: RunRow, { facts, charge }: Attempt): Promise<void> {
  const charges = await runs.charges(run.id);
  await runs.chargeRound(run.id, facts, charge, spentOn(task, [...charges, charge]));
}

/** One step on: parameters that no other round has, so that a lost or doubled round shows. */
export function step(learner: Learner, round: number): Learner {
  const parameters = learner.parameters.map((x, i) => x + (i + 1) / (round + 2));
  return { ...learner, parameters, velocity: learner.velocity.map((x) => x + 1 / 3), averaged: round };
}

export async function recordOf(
  runs: Runs,
  run: RunRow,
  { facts }: Attempt,
  model: Learner,
  state: RoundRecord["state"],
): Promise<RoundRecord> {
  return {
    round: facts.round,
    question: facts.question,
    state,
    ...(state === "aborted" && { reason: "survivors-too-few" }),
    cohort: 5,
    survivors: state === "finished" ? 5 : 0,
    dropped: {},
    privacy: spentOn(task, await runs.charges(run.id)),
    modelHash: await hashParameters(model.parameters),
    duration: 1,
    finishedAt: new Date().toISOString(),
  };
}

export async function finish(runs: Runs, run: RunRow, attempt: Attempt): Promise<Learner> {
  const learner = step(attempt.learner, attempt.facts.round);
  const record = await recordOf(runs, run, attempt, learner, "finished");
  const hashes = { rosterHash: hash("roster"), sumHash: hash("sum") };
  await runs.finishRound(run.id, attempt.facts, record, learner, hashes);
  return learner;
}

export async function abort(runs: Runs, run: RunRow, attempt: Attempt): Promise<void> {
  await runs.abortRound(run.id, attempt.facts, await recordOf(runs, run, attempt, attempt.learner, "aborted"));
}
