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
import { binOf, cellsOf, histogramIndex, neutralWitness, type Witness } from "../../shared/fairness/histogram.ts";
import { cellsOfAttribute } from "../../shared/fairness/histogram-metrics.ts";
import { type AttributeReport, attributeReport } from "../../shared/fairness/report.ts";
import type { Local, Server } from "../../shared/lab/grid.ts";
import { architectureOf, parameterCount } from "../../shared/model.ts";
import { noiseOf, planOf, type RoundPlan, roundPlan } from "../../shared/plan.ts";
import { announcedClip, type ClipStep, shareWithin } from "../../shared/privacy/adaptive-clipping.ts";
import { DiscreteGaussian } from "../../shared/privacy/discrete-gaussian.ts";
import type { RandomSource } from "../../shared/privacy/random.ts";
import { readEvaluate } from "../../shared/questions/evaluate.ts";
import { readSegment, segment } from "../../shared/questions/layout.ts";
import { readProfile } from "../../shared/questions/profile.ts";
import { profileCounts } from "../../shared/questions/profile-counts.ts";
import { atClipNorm, readTrain } from "../../shared/questions/train.ts";
import { attributesOf, type Task } from "../../shared/task.ts";
import {
  finalParameters,
  type Learner,
  meanOf,
  startLearner,
  type TrainStep,
  takeProfile,
  takeTrain,
} from "../learner.ts";
import { withExtras } from "./extras.ts";
import { ParticipantWork } from "./participant-work.ts";
import { cellsOfRow, type Encoded, encode, type Participant } from "./population.ts";
import { QFair } from "./q-fair.ts";
import { RecordWork } from "./record-work.ts";
import { Scaffold } from "./scaffold.ts";
import { AdaptiveServer } from "./server.ts";
import type { Asked, Work } from "./work.ts";

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
  /** Of what the task cannot say: adaptive servers and q-FedAvg. The task has the step and the momentum. */
  server?: Server | undefined;
  /** Of what the task cannot say: SCAFFOLD. The task has FedProx's μ. */
  local?: Local | undefined;
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
  readonly #scaffold: Scaffold | undefined;
  readonly #qFair: QFair | undefined;
  readonly #adaptive: AdaptiveServer | undefined;
  #data: Encoded | undefined;

  constructor(private readonly setting: Setting) {
    const { task, participants, cohort, dropouts = 0, mechanism = "distributed", server, local } = setting;
    const plan = planOf(task);
    const size = cohort ?? participants.length;
    this.#survivors = size - Math.floor(dropouts * size);
    const kinds = ["profile", "train", "evaluate"] as const;
    const byKind = <T>(of: (kind: Kind) => T) => Object.fromEntries(kinds.map((k) => [k, of(k)])) as Record<Kind, T>;
    const parameters = parameterCount(architectureOf(task));
    const { localLearningRate } = task.training;
    if (local?.kind === "scaffold") this.#scaffold = new Scaffold(parameters, localLearningRate, local.controlBound);
    if (server?.kind === "qfedavg")
      this.#qFair = new QFair(server.q, server.lossBound, localLearningRate, task.privacy.clipNorm);
    if (server?.kind === "fedadam" || server?.kind === "fedyogi")
      this.#adaptive = new AdaptiveServer(server, parameters);
    this.#plans = byKind((kind) => roundPlan(task, plan, kind, size));
    this.#plans.train = this.#widened(this.#plans.train);
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
    const work = this.#work();
    const { isPrivate, participants } = this.setting;
    const survivors = this.#survivors;
    const records: { clip?: ClipStep }[] = [];
    for (let round = 1; round <= task.training.rounds; round++) {
      const plan = this.#plans.train;
      const clip = announcedClip(task, records);
      const layout = clip ? atClipNorm(plan.layout, clip.norm) : plan.layout;
      const total = new Float64Array(layout.dimension);
      for (const asked of this.#answering()) work.add(learner, asked, layout, total);
      const noisy = this.#noised("train", total);
      const sum = readTrain(layout, noisy);
      if (this.#scaffold)
        this.#scaffold.take(readSegment(layout, noisy, this.#scaffold.extra.name), participants.length);
      if (clip) records.push({ clip: { norm: clip.norm, within: shareWithin(sum.withinClip!, survivors) } });
      const noiseIn = (name: string) => (isPrivate ? noiseOf(plan, this.#shares, name) : 0);
      const mean = meanOf(task, learner, sum, survivors);
      const { name: weight } = this.#qFair?.extra ?? { name: "" };
      const direction =
        this.#qFair?.direction(sum.update, readSegment(layout, noisy, weight)[0]!, noiseIn(weight)) ??
        this.#adaptive?.direction(mean) ??
        mean;
      const step = takeTrain(task, learner, sum, survivors, round, noiseIn("histogram"), direction);
      learner = step.learner;
      steps.push(step.constraints);
      onRound?.(step, round);
    }
    const parameters = finalParameters(learner);
    const threshold = thresholdOf(task, runningHistogram(learner.controller, gainsOf(task)));
    return { parameters, normalisation, threshold, steps, evaluation: this.#evaluate(parameters, threshold) };
  }

  /** With what only the lab puts beside the update, and the noise that the wider vector takes. */
  #widened(plan: RoundPlan): RoundPlan {
    const extras = [this.#scaffold, this.#qFair].flatMap((part) => part?.extra ?? []);
    if (extras.length === 0) return plan;
    const layout = withExtras(plan.layout, extras);
    const variance = (plan.noiseMultiplier * layout.sensitivity) ** 2 / plan.honest;
    return { ...plan, layout, localVariance: BigInt(Math.ceil(variance)) };
  }

  #work(): Work {
    const { task, random, penaltyOn } = this.setting;
    const data = this.#data!;
    const naive = penaltyOn === "itself" ? new NaivePenalties(task) : undefined;
    const ownWitness = naive && ((number: number, histogram: Float64Array) => naive.witness(number, histogram));
    if (task.privacy.unit === "record") return new RecordWork(task, data, ownWitness);
    return new ParticipantWork({ task, data, random, scaffold: this.#scaffold, qFair: this.#qFair, ownWitness });
  }

  /** Who is asked this time and still there at the end, by their place among all. */
  #answering(): Asked[] {
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
