/**
 * A whole run in memory: the same plan, layouts, noise, learner and controller as a real one; only the kernels are
 * replaced by float64 on the CPU, and the masks, which change no sum, are left out.
 */
import type { Normalisation } from "../../shared/data/features.ts";
import { type TypedRows, takeRows } from "../../shared/data/rows.ts";
import {
  type ControllerState,
  gainsOf,
  initialController,
  runningHistogram,
  stepController,
  thresholdOf,
} from "../../shared/fairness/controller.ts";
import { countsByGroup, countsOfCells } from "../../shared/fairness/group-counts.ts";
import { groupFigures } from "../../shared/fairness/group-figures.ts";
import {
  binOf,
  cellsOf,
  histogramIndex,
  neutralWitness,
  slopeAt,
  undisclosed,
  type Witness,
} from "../../shared/fairness/histogram.ts";
import { cellsOfAttribute } from "../../shared/fairness/histogram-metrics.ts";
import { type AttributeReport, attributeReport } from "../../shared/fairness/report.ts";
import { noiseOf, planOf, type RoundPlan, roundPlan } from "../../shared/plan.ts";
import { announcedClip, type ClipStep, shareWithin } from "../../shared/privacy/adaptive-clipping.ts";
import { DiscreteGaussian } from "../../shared/privacy/discrete-gaussian.ts";
import { inSteps } from "../../shared/privacy/encode.ts";
import type { RandomSource } from "../../shared/privacy/random.ts";
import { readEvaluate } from "../../shared/questions/evaluate.ts";
import { type Layout, segment } from "../../shared/questions/layout.ts";
import { readProfile } from "../../shared/questions/profile.ts";
import { profileCounts } from "../../shared/questions/profile-counts.ts";
import { assembleChange, atClipNorm, readTrain } from "../../shared/questions/train.ts";
import { attributesOf, type Task } from "../../shared/task.ts";
import { finalParameters, type Learner, startLearner, type TrainStep, takeProfile, takeTrain } from "../learner.ts";
import { cellsOfRow, type Encoded, encode, type Participant } from "./population.ts";

export interface Setting {
  task: Task;
  rows: TypedRows;
  participants: readonly Participant[];
  /** How many of them are asked each time, drawn anew; all where it is left out */
  cohort?: number | undefined;
  /** Share of those asked whose answers are lost; no more than the task's dropout tolerance */
  dropouts?: number | undefined;
  /** Whether sums carry the noise that the task's ε asks for */
  isPrivate: boolean;
  /** Who adds the noise: all together, a share each; a server that is trusted; each the whole of it by itself */
  mechanism?: "distributed" | "central" | "local";
  /** Whose gap a tab's penalty acts on: everyone's, or, the naïve way, its own */
  penaltyOn: "everyone" | "itself";
  random: RandomSource;
  /** The model's start */
  seed: number;
}

export interface Outcome {
  parameters: Float32Array<ArrayBuffer>;
  normalisation: Normalisation;
  /** Logit above which a row is selected */
  threshold: number;
  /** By round: each constraint as the noisy sum has it */
  steps: TrainStep["constraints"][];
  /** What `evaluate` says of the held-back rows */
  evaluation: { accuracy: number; auc: number; byAttribute: Record<string, AttributeReport> };
}

type Kind = "profile" | "train" | "evaluate";

export class Federation {
  readonly #plans: Record<Kind, RoundPlan>;
  readonly #noise: Record<Kind, DiscreteGaussian>;
  /** A tab's shares of noise that are in a sum */
  readonly #shares: number;
  readonly #survivors: number;
  #data: Encoded | undefined;

  constructor(private readonly setting: Setting) {
    const { task, participants, cohort, dropouts = 0, mechanism = "distributed" } = setting;
    const plan = planOf(task);
    const size = cohort ?? participants.length;
    this.#survivors = size - Math.floor(dropouts * size);
    const kinds = ["profile", "train", "evaluate"] as const;
    const byKind = <T>(of: (kind: Kind) => T) => Object.fromEntries(kinds.map((k) => [k, of(k)])) as Record<Kind, T>;
    this.#plans = byKind((kind) => roundPlan(task, plan, kind, size));
    // A sum of everybody's discrete Gaussians is as good as one of the summed variance (Kairouz et al. 2021, Thm 1).
    const survivors = this.#survivors;
    this.#shares = { distributed: survivors, central: size, local: survivors * size }[mechanism];
    this.#noise = byKind((kind) => new DiscreteGaussian(this.#plans[kind].localVariance * BigInt(this.#shares)));
  }

  run(onRound?: (step: TrainStep, round: number) => void): Outcome {
    const { task, seed } = this.setting;
    let learner = this.#profiled(startLearner(task, seed));
    const normalisation = learner.profile!.normalisation;
    this.#data = encode(this.setting.rows, task, normalisation);
    const steps: Outcome["steps"] = [];
    const naive = this.setting.penaltyOn === "itself" ? new NaivePenalties(task) : undefined;
    const { isPrivate } = this.setting;
    const survivors = this.#survivors;
    const records: { clip?: ClipStep }[] = [];
    for (let round = 1; round <= task.training.rounds; round++) {
      const plan = this.#plans.train;
      const clip = announcedClip(task, records);
      const layout = clip ? atClipNorm(plan.layout, clip.norm) : plan.layout;
      const total = new Float64Array(layout.dimension);
      for (const { participant, number } of this.#answering()) {
        this.#train(learner, participant, layout, total, naive && ((own) => naive.witness(number, own)));
      }
      const sum = readTrain(layout, this.#noised("train", total));
      if (clip) records.push({ clip: { norm: clip.norm, within: shareWithin(sum.withinClip!, survivors) } });
      const noise = isPrivate ? noiseOf(plan, this.#shares, "histogram") : 0;
      const step = takeTrain(task, learner, sum, survivors, round, noise);
      learner = step.learner;
      steps.push(step.constraints);
      onRound?.(step, round);
    }
    const parameters = finalParameters(learner);
    const threshold = thresholdOf(task, runningHistogram(learner.controller, gainsOf(task)));
    return { parameters, normalisation, threshold, steps, evaluation: this.#evaluate(parameters, threshold) };
  }

  /** Who is asked this time and still there at the end, by their place among all. */
  #answering(): { participant: Participant; number: number }[] {
    const { participants, random } = this.setting;
    const all = participants.map((participant, number) => ({ participant, number }));
    if (this.#survivors === all.length) return all;
    // Whoever drops out, nobody knows beforehand: to draw the survivors is to draw both.
    for (let i = 0; i < this.#survivors; i++) {
      const j = i + random.below(all.length - i);
      [all[i], all[j]] = [all[j]!, all[i]!];
    }
    return all.slice(0, this.#survivors).sort((a, b) => a.number - b.number);
  }

  #profiled(learner: Learner): Learner {
    const { task, rows } = this.setting;
    const { layout } = this.#plans.profile;
    const total = new Float64Array(layout.dimension);
    for (const {
      participant: { train },
    } of this.#answering()) {
      const counts = profileCounts(takeRows(rows, train), task, layout);
      const per = task.privacy.unit === "record" ? 1 : Math.max(1, train.length);
      counts.forEach((count, i) => {
        total[i]! += count / per;
      });
    }
    for (const { offset, length, unit } of layout.segments)
      for (let i = offset; i < offset + length; i++) total[i]! *= unit;
    return takeProfile(task, learner, readProfile(task, layout, this.#noised("profile", total)));
  }

  /** The sum's integers as the coordinator gets them. */
  #noised(kind: Kind, total: Float64Array): Float64Array {
    const { random, isPrivate } = this.setting;
    return isPrivate ? total.map((x) => Math.round(x) + this.#noise[kind].sample(random)) : total;
  }

  /** Adds a participant's answer, in the layout's integers. */
  #train(
    learner: Learner,
    { train }: Participant,
    layout: Layout,
    total: Float64Array,
    naive: ((own: Float64Array) => Witness) | undefined,
  ): void {
    const { task } = this.setting;
    const { parameters } = learner;
    const { rows, network } = this.#data!;
    const [update, counts] = [segment(layout, "update"), segment(layout, "histogram")];
    const histogram = new Float64Array(counts.length);
    const perRow = rows.cells.length / rows.count;
    const count = (row: number, z: number) => {
      const bin = binOf(z);
      for (let k = row * perRow; k < (row + 1) * perRow; k++) {
        const cell = rows.cells[k]!;
        if (cell !== undisclosed) histogram[histogramIndex(cell, rows.labels[row]!, bin)]! += 1;
      }
    };
    const into = new Float64Array(update.length);
    const isRecord = task.privacy.unit === "record";
    // A tab's own gap is known only when all its rows are counted.
    if (naive || !isRecord) for (const row of train) count(row, network.logit(parameters, row));
    const witness = naive?.(histogram) ?? learner.witness;
    if (isRecord) {
      const sink = { clipNorm: task.privacy.clipNorm, scale: 1, into };
      for (const row of train) {
        const z = network.logit(parameters, row);
        if (!naive) count(row, z);
        network.addGradient(parameters, row, lossSlope(rows, row, z, witness), sink);
      }
    } else {
      this.#descend(parameters, train, witness, into);
      inSteps(assembleChange(layout, into, histogram, train.length), layout).forEach((x, i) => {
        total[i]! += x;
      });
      return;
    }
    histogram.forEach((rows, i) => {
      total[counts.offset + i]! += counts.unit * rows;
    });
    into.forEach((x, i) => {
      total[update.offset + i]! += update.unit * x;
    });
  }

  /** Local SGD from the round's model; what it moved by is written to `change`. */
  #descend(from: Float32Array, train: Uint32Array, witness: Witness, change: Float64Array): void {
    const { task, random } = this.setting;
    const { localEpochs, localBatch, localLearningRate } = task.training;
    const { rows, network } = this.#data!;
    const parameters = Float64Array.from(from);
    const gradient = new Float64Array(parameters.length);
    for (let epoch = 0; epoch < localEpochs; epoch++) {
      const order = shuffled(train, random);
      for (let start = 0; start < order.length; start += localBatch) {
        const batch = order.subarray(start, start + localBatch);
        gradient.fill(0);
        for (const row of batch) {
          const z = network.logit(parameters, row);
          network.addGradient(parameters, row, lossSlope(rows, row, z, witness), {
            clipNorm: Number.POSITIVE_INFINITY,
            scale: 1 / batch.length,
            into: gradient,
          });
        }
        for (let i = 0; i < parameters.length; i++) parameters[i]! -= localLearningRate * gradient[i]!;
      }
    }
    for (let i = 0; i < parameters.length; i++) change[i] = parameters[i]! - from[i]!;
  }

  #evaluate(parameters: Float32Array, threshold: number): Outcome["evaluation"] {
    const { task, isPrivate } = this.setting;
    const plan = this.#plans.evaluate;
    const { rows, network } = this.#data!;
    const total = new Float64Array(plan.layout.dimension);
    const [counts, selected] = [segment(plan.layout, "histogram"), segment(plan.layout, "selected")];
    const cells = cellsOf(task).length;
    for (const {
      participant: { heldBack },
    } of this.#answering()) {
      const per = task.privacy.unit === "record" ? 1 : Math.max(1, heldBack.length);
      for (const row of heldBack) {
        const z = network.logit(parameters, row);
        const label = rows.labels[row]!;
        for (const cell of cellsOfRow(rows, row)) {
          total[counts.offset + histogramIndex(cell, label, binOf(z))]! += counts.unit / per;
          [0, threshold].forEach((t, k) => {
            if (z >= t) total[selected.offset + (k * cells + cell) * 2 + label]! += selected.unit / per;
          });
        }
      }
    }
    const read = readEvaluate(plan.layout, this.#noised("evaluate", total));
    const noise = (name: string) => (isPrivate ? noiseOf(plan, this.#shares, name) : 0);
    const exact = { rows: read.selected, noise: noise("selected") };
    const overall = groupFigures(
      countsOfCells(read.histogram, cellsOfAttribute(task), noise("histogram"), exact),
      threshold,
    );
    return {
      accuracy: overall.accuracy?.value ?? Number.NaN,
      auc: overall.auc?.value ?? Number.NaN,
      byAttribute: Object.fromEntries(
        attributesOf(task).map(({ name }) => [
          name,
          attributeReport(countsByGroup(task, name, read.histogram, noise("histogram"), exact), threshold),
        ]),
      ),
    };
  }
}

/** dL/dz of a row: what kernels/loss/sigmoid-gradient.wgsl computes. */
export function lossSlope(rows: TypedRows, row: number, z: number, witness: Witness): number {
  const label = rows.labels[row]!;
  let [weight, penalty] = [1, 0];
  const perRow = rows.cells.length / rows.count;
  for (let i = row * perRow; i < (row + 1) * perRow; i++) {
    const cell = rows.cells[i]!;
    if (cell === undisclosed) continue;
    weight *= witness.weight[cell * 2 + label]!;
    penalty += slopeAt(witness, cell, label, z);
  }
  return weight * (1 / (1 + Math.exp(-z)) - label) + penalty;
}

function shuffled(rows: Uint32Array, random: RandomSource): Uint32Array {
  const order = rows.slice();
  for (let i = order.length - 1; i > 0; i--) {
    const j = random.below(i + 1);
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return order;
}

/** The naïve way: a controller a tab, on the tab's own histogram, where a group it does not hold makes no gap. */
class NaivePenalties {
  readonly #states = new Map<number, ControllerState>();
  readonly #withoutGap = new Set<number>();

  constructor(private readonly task: Task) {}

  witness(participant: number, histogram: Float64Array): Witness {
    if (this.#withoutGap.has(participant)) return neutralWitness(this.task);
    const before = this.#states.get(participant) ?? initialController(this.task);
    const measured = { histogram, noise: 0, groupLabelCounts: undefined };
    const { state, witness, constraints } = stepController(this.task, before, measured);
    // Whose rows are all of one group has no gap, and never will.
    if (constraints.every((c) => c.gap === null)) this.#withoutGap.add(participant);
    this.#states.set(participant, state);
    return witness;
  }
}
