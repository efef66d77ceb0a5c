/**
 * What the coordinator does with a decoded sum: steps the global model, moves the fairness multiplier, takes the
 * penalty's table to the next round. All of it is post-processing of noisy sums, so it costs no privacy.
 */
import { invariant } from "../shared/errors.ts";
import {
  type ConstraintStep,
  type ControllerState,
  initialController,
  stepController,
} from "../shared/fairness/controller.ts";
import { neutralWitness, type Witness } from "../shared/fairness/histogram.ts";
import { architectureOf, initialParameters } from "../shared/model.ts";
import { featureGroups } from "../shared/objective.ts";
import type { BandedState } from "../shared/privacy/banded.ts";
import type { Profile } from "../shared/questions/profile.ts";
import type { TrainSum } from "../shared/questions/train.ts";
import { classesOf, type Task } from "../shared/task.ts";

/** Durable between rounds; everything a restarted coordinator needs to go on. */
export interface Learner {
  parameters: Float32Array<ArrayBuffer>;
  /** Momentum's velocity, [parameters] f64 */
  velocity: Float64Array<ArrayBuffer>;
  /** Sum of the parameters of the averaged rounds, [parameters] f64, and how many they are */
  averageSum: Float64Array<ArrayBuffer>;
  averaged: number;
  controller: ControllerState;
  witness: Witness;
  profile: Profile | undefined;
  /** Of a task with `banded`: what its correlated noise remembers */
  correlated?: BandedState | undefined;
}

export function startLearner(task: Task, seed: number): Learner {
  const parameters = initialParameters(architectureOf(task), seed);
  return {
    parameters,
    velocity: new Float64Array(parameters.length),
    averageSum: new Float64Array(parameters.length),
    averaged: 0,
    controller: initialController(task),
    witness: neutralWitness(task),
    profile: undefined,
  };
}

export interface TrainStep {
  learner: Learner;
  constraints: ConstraintStep[];
  /** Logit above which a row is selected; of classes 0, which nothing reads */
  threshold: number;
}

/** Penalties and weights act on one score: of classes there is none. */
const isScored = (task: Task): boolean => classesOf(task) === undefined;

/** After the profile: the first witness may already re-weight. */
export function takeProfile(task: Task, learner: Learner, profile: Profile): Learner {
  if (!isScored(task)) return { ...learner, profile };
  const { witness } = stepController(task, learner.controller, {
    histogram: undefined,
    noise: 0,
    groupLabelCounts: profile.cellCounts,
  });
  return { ...learner, profile, witness };
}

/**
 * One step of the server's momentum SGD.
 * - record: g = Σ clipped gradients / (sampleRate · rows), rows from the noisy profile; v ← μv + g; θ ← θ − η·v.
 * - participant: Δ = mean of clipped model changes over the survivors (McMahan et al. 2018); v ← μv + Δ; θ ← θ + η·v.
 * Then the group lasso's proximal step, and the multipliers'.
 * @param noise standard deviation of the noise on a count of the histogram
 * @param direction what the model moves along
 */
export function takeTrain(
  task: Task,
  learner: Learner,
  sum: TrainSum,
  survivors: number,
  trainRound: number,
  noise: number,
  direction = meanOf(task, learner, sum, survivors),
): TrainStep {
  const { learningRate, momentum, rounds, averageLast } = task.training;
  const { profile } = learner;
  invariant(profile, "the profile comes before training");
  const parameters = learner.parameters.slice();
  const velocity = learner.velocity.slice();
  for (let i = 0; i < parameters.length; i++) {
    velocity[i] = momentum * velocity[i]! + direction[i]!;
    parameters[i] = parameters[i]! + learningRate * velocity[i]!;
  }
  shrinkGroups(task, parameters, learningRate);

  const averages = trainRound > Math.floor(rounds * (1 - averageLast));
  const averageSum = averages ? learner.averageSum.map((x, i) => x + parameters[i]!) : learner.averageSum;
  const step = isScored(task)
    ? stepController(task, learner.controller, {
        histogram: sum.histogram,
        noise,
        groupLabelCounts: profile.cellCounts,
      })
    : { state: learner.controller, witness: learner.witness, constraints: [], threshold: 0 };
  return {
    learner: {
      ...learner,
      parameters,
      velocity,
      averageSum,
      averaged: learner.averaged + (averages ? 1 : 0),
      controller: step.state,
      witness: step.witness,
    },
    constraints: step.constraints,
    threshold: step.threshold,
  };
}

/** −g, or Δ: what momentum gathers. */
export function meanOf(task: Task, { profile }: Learner, { update }: TrainSum, survivors: number): Float64Array {
  invariant(profile, "the profile comes before training");
  const rows = Math.max(
    1,
    profile.labelCounts.reduce((a, b) => a + b, 0),
  );
  const divisor = task.privacy.unit === "record" ? -task.privacy.sampleRate * rows : survivors;
  return update.map((x) => x / divisor);
}

/** Polyak averaging: the mean of the last rounds' models, or the last model when the run ended before them. */
export function finalParameters(learner: Learner): Float32Array<ArrayBuffer> {
  const { averaged } = learner;
  return averaged > 0 ? Float32Array.from(learner.averageSum, (x) => x / averaged) : learner.parameters;
}

/**
 * Proximal step of α₃·Σ_f √p_f·‖W_f‖₂ over the input features (group lasso, Yuan & Lin 2006, §2), a categorical
 * feature's columns together: features that carry little go to exactly zero, and the model is easier to read.
 */
function shrinkGroups(task: Task, parameters: Float32Array, learningRate: number): void {
  const strength = task.objective.transparency * learningRate;
  if (strength === 0) return;
  for (const { start, end } of featureGroups(task)) {
    const group = parameters.subarray(start, end);
    const norm = Math.sqrt(group.reduce((sum, w) => sum + w * w, 0));
    const keep = norm === 0 ? 0 : Math.max(0, 1 - (strength * Math.sqrt(group.length)) / norm);
    for (let i = 0; i < group.length; i++) group[i] = group[i]! * keep;
  }
}
