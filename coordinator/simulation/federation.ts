/**
 * A whole run in memory: the same plan, layouts, noise, learner and controller as a real one. The sums are made of whole
 * cohorts at once (cohort-sums.ts), by float64 on the processor or by an engine, or tab by tab as tabs make them (tab-sums.ts).
 */
import { encodeFeatures, type Normalisation } from "../../shared/data/features.ts";
import type { TypedRows } from "../../shared/data/rows.ts";
import { invariant } from "../../shared/errors.ts";
import { gainsOf, runningHistogram, thresholdOf } from "../../shared/fairness/controller.ts";
import { countsByGroup, countsOfCells } from "../../shared/fairness/group-counts.ts";
import { groupFigures } from "../../shared/fairness/group-figures.ts";
import { cellsOfAttribute } from "../../shared/fairness/histogram-metrics.ts";
import { type AttributeReport, attributeReport } from "../../shared/fairness/report.ts";
import type { Aggregation, Local, Poisoned, Server } from "../../shared/lab/axes.ts";
import type { Mechanism } from "../../shared/lab/grid.ts";
import { noiseOf, planOf, type RoundPlan, roundPlan } from "../../shared/plan.ts";
import { announcedClip, type ClipStep, shareWithin } from "../../shared/privacy/adaptive-clipping.ts";
import type { RandomSource } from "../../shared/privacy/random.ts";
import { readEvaluate } from "../../shared/questions/evaluate.ts";
import { segment } from "../../shared/questions/layout.ts";
import { readProfile } from "../../shared/questions/profile.ts";
import { atClipNorm, readTrain } from "../../shared/questions/train.ts";
import { type RankingReport, rankingReport } from "../../shared/recommend/report.ts";
import { attributesOf, type Task } from "../../shared/task.ts";
import { finalParameters, meanOf, startLearner, type TrainStep, takeProfile, takeTrain } from "../learner.ts";
import type { Arithmetic } from "./arithmetic.ts";
import { type BandedNoise, bandedNoise, inTurns } from "./banded-noise.ts";
import type { Choosers } from "./choosers.ts";
import { CohortSums } from "./cohort-sums.ts";
import { drawn, fraction } from "./draw.ts";
import type { RowEngine } from "./engine.ts";
import { NaivePenalties } from "./naive-penalties.ts";
import { OnAdapter } from "./on-adapter.ts";
import { Optimizer } from "./optimizer.ts";
import { ParticipantWork } from "./participant-work.ts";
import { attackersOf, tamperingOf, withFlippedLabels } from "./poison.ts";
import type { Participant } from "./population.ts";
import { Processor } from "./processor.ts";
import { RecordWork } from "./record-work.ts";
import { combined, partsOf } from "./sub-cohorts.ts";
import type { Kind, Sums } from "./sums.ts";
import { TabSums, type Tabs } from "./tab-sums.ts";
import type { Asked, Work } from "./work.ts";

export interface Setting {
  task: Task;
  rows: TypedRows;
  participants: readonly Participant[];
  /** Of a task with items */
  choosers?: Pick<Choosers, "chosen" | "inputs"> | undefined;
  /** How many of them are asked each time, drawn anew; all where it is left out */
  cohort?: number | undefined;
  /** Share of those asked whose answers are lost; no more than the task's dropout tolerance */
  dropouts?: number | undefined;
  /** Whether sums carry the noise that the task's ε asks for */
  isPrivate: boolean;
  /**
   * Who adds the noise: all together, a share each; a server that is trusted, anew each time or correlated
   * over the rounds; each the whole of it by itself
   */
  mechanism?: Mechanism;
  /** Of banded noise; as many as groups take turns where it is left out */
  bands?: number | undefined;
  /** Share of those asked who come to a part of their local steps */
  stragglers?: number | undefined;
  poisoned?: Poisoned | undefined;
  /** Into how many sub-cohorts a cohort is taken apart, and how their sums are one again; all have as many members */
  aggregation?: Aggregation | undefined;
  /** Of what the task cannot say: adaptive servers and q-FedAvg. The task has the step and the momentum. */
  server?: Server | undefined;
  /** Of what the task cannot say: SCAFFOLD. The task has FedProx's μ. */
  local?: Local | undefined;
  /** Computes for the whole cohort at once; else float64 on the processor does */
  engine?: RowEngine | undefined;
  /** Tabs that are simulated one by one, as tabs compute */
  tabs?: Tabs | undefined;
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
  /** A dozen models on the way, as they would be given out then; the last is that of `parameters` */
  path: { round: number; parameters: Float32Array<ArrayBuffer> }[];
  /** By round: each constraint as the noisy sum has it */
  steps: TrainStep["constraints"][];
  /** What `evaluate` says of the held-back rows */
  evaluation: {
    accuracy: number;
    auc: number;
    byAttribute: Record<string, AttributeReport>;
    /** Of a task with items */
    ranking?: RankingReport | undefined;
  };
  /** Of a task with items: how popular each is, as the profile says [items] */
  popularity?: number[] | undefined;
}

/** Models on the way that are kept */
const stops = 12;

export interface RunOptions {
  onRound?: (step: TrainStep, round: number) => void;
  until?: number;
}

export class Federation {
  readonly #plans: Record<Kind, RoundPlan>;
  readonly #sums: Sums;
  /** A tab's shares of noise that are in a sum */
  readonly #shares: Record<Kind, number>;
  /** Of a cohort, or of each sub-cohort in training */
  readonly #survivors: Record<Kind, number>;
  readonly #everyone: Asked[];
  readonly #banded: BandedNoise | undefined;
  /** Groups that take turns in training, under banded noise */
  readonly #turns: Asked[][] | undefined;
  readonly #optimizer: Optimizer;

  constructor(private readonly setting: Setting) {
    const { task, participants, cohort, dropouts = 0, mechanism = "distributed" } = setting;
    const plan = planOf(task);
    const size = cohort ?? participants.length;
    const kinds = ["profile", "train", "evaluate"] as const;
    const byKind = <T>(of: (kind: Kind) => T) => Object.fromEntries(kinds.map((k) => [k, of(k)])) as Record<Kind, T>;
    this.#optimizer = new Optimizer(task, setting.server, setting.local);
    const sizes = byKind((kind) => (kind === "train" ? size / partsOf(setting.aggregation) : size));
    this.#plans = byKind((kind) => roundPlan(task, plan, kind, sizes[kind]));
    this.#plans.train = this.#optimizer.widened(this.#plans.train);
    this.#survivors = byKind((kind) => sizes[kind] - Math.floor(dropouts * sizes[kind]));
    this.#shares = byKind((kind) => {
      const survivors = this.#survivors[kind];
      return { distributed: survivors, central: sizes[kind], local: survivors * sizes[kind], banded: sizes[kind] }[
        mechanism
      ];
    });
    const { tabs, random, isPrivate, poisoned = { kind: "none" } } = setting;
    const attackers = attackersOf(poisoned, participants.length, random);
    const rows =
      poisoned.kind === "label-flip" ? withFlippedLabels(setting.rows, participants, attackers) : setting.rows;
    this.#everyone = participants.map((participant, number) => ({
      participant,
      number,
      tampering: attackers.has(number) ? tamperingOf(poisoned) : undefined,
    }));
    invariant(!tabs || mechanism === "distributed", "tabs that each add a share of the noise");
    invariant(!tabs || !setting.choosers, "choices are simulated for whole cohorts at once");
    const plans = this.#plans;
    if (mechanism === "banded") {
      this.#turns = inTurns(this.#everyone, size, random);
      const groups = this.#turns.length;
      const { bands = groups } = setting;
      if (isPrivate) this.#banded = bandedNoise(task, plan, plans.train.layout, { groups, bands, random });
    }
    this.#sums = tabs
      ? new TabSums({ task, rows, plans, tabs })
      : this.#cohortSums(rows, isPrivate ? this.#shares : undefined);
  }

  #cohortSums(rows: TypedRows, shares: Record<Kind, number> | undefined): CohortSums {
    const { task, random, engine, choosers } = this.setting;
    const arithmetic = engine ? new OnAdapter(task, rows, engine) : new Processor(task, rows);
    const work = this.#work(rows, arithmetic);
    return new CohortSums({
      ...{ task, rows, plans: this.#plans, random, shares, arithmetic, work },
      chosen: choosers?.chosen,
      release: this.#banded?.release,
    });
  }

  /** @param options.until the round after which it is evaluated as it is then; the task's last */
  async run({ onRound, until }: RunOptions = {}): Promise<Outcome> {
    const { task, seed, choosers } = this.setting;
    const last = until ?? task.training.rounds;
    const profile = readProfile(task, this.#plans.profile.layout, await this.#sums.profile(this.#answering("profile")));
    let learner = takeProfile(task, startLearner(task, seed), profile);
    const { normalisation } = profile;
    const popularity = choosers && profile.marginals[task.data.label.column]!;
    await this.#sums.load(
      choosers ? choosers.inputs(popularity!) : encodeFeatures(this.setting.rows, task, normalisation),
    );
    const steps: Outcome["steps"] = [];
    const path: Outcome["path"] = [];
    const { isPrivate, participants, aggregation } = this.setting;
    const parts = partsOf(aggregation);
    const survivors = parts * this.#survivors.train;
    const records: { clip?: ClipStep }[] = [];
    for (let round = 1; round <= last; round++) {
      const plan = this.#plans.train;
      const clip = announcedClip(task, records);
      const layout = clip ? atClipNorm(plan.layout, clip.norm) : plan.layout;
      const sums: Float64Array[] = [];
      for (const members of this.#subCohorts(parts, round)) sums.push(await this.#sums.train(learner, members, layout));
      const noisy = parts > 1 ? combined(sums, layout, aggregation) : sums[0]!;
      const sum = readTrain(layout, noisy);
      if (clip) records.push({ clip: { norm: clip.norm, within: shareWithin(sum.withinClip!, survivors) } });
      const noiseIn = (name: string) => {
        if (!isPrivate) return 0;
        if (this.#banded) return this.#banded.deviation / segment(layout, name).unit;
        return noiseOf(plan, parts * this.#shares.train, name);
      };
      const mean = meanOf(task, learner, sum, survivors);
      const gathered = { layout, noisy, update: sum.update, mean, noiseIn };
      const direction = this.#optimizer.direction(gathered, participants.length);
      const step = takeTrain(task, learner, sum, survivors, round, noiseIn("histogram"), direction);
      learner = step.learner;
      steps.push(step.constraints);
      if (Math.floor((round * stops) / last) > Math.floor(((round - 1) * stops) / last))
        path.push({ round, parameters: finalParameters(learner) });
      onRound?.(step, round);
    }
    const parameters = finalParameters(learner);
    const threshold = thresholdOf(task, runningHistogram(learner.controller, gainsOf(task)));
    const evaluation = await this.#evaluate(parameters, threshold);
    return { parameters, normalisation, threshold, path, steps, evaluation, popularity };
  }

  #work(rows: TypedRows, arithmetic: Arithmetic): Work {
    const { task, random, penaltyOn } = this.setting;
    const naive = penaltyOn === "itself" ? new NaivePenalties(task) : undefined;
    const ownWitness = naive && ((number: number, histogram: Float64Array) => naive.witness(number, histogram));
    const parts = { task, rows, arithmetic, random, ownWitness };
    if (task.privacy.unit === "record") return new RecordWork(parts);
    const { scaffold, qFair } = this.#optimizer;
    return new ParticipantWork({ ...parts, scaffold, qFair });
  }

  /** Who is asked this time and still there at the end: whoever drops out, nobody knows beforehand. */
  #answering(kind: Exclude<Kind, "train">): Asked[] {
    const count = this.#survivors[kind];
    return count === this.#everyone.length
      ? this.#everyone
      : byNumber(drawn(this.#everyone, count, this.setting.random));
  }

  /** The same for training, in parts of equal size. */
  #subCohorts(parts: number, round: number): Asked[][] {
    const { random, stragglers = 0 } = this.setting;
    const size = this.#survivors.train;
    const from = this.#turns?.[(round - 1) % this.#turns.length] ?? this.#everyone;
    const members = parts > 1 || size < from.length ? drawn(from, parts * size, random) : from;
    const slow = new Set(drawn(members, Math.floor(stragglers * members.length), random));
    const asked = members.map((one) => (slow.has(one) ? { ...one, share: fraction(random) } : one));
    return Array.from({ length: parts }, (_, part) => byNumber(asked.slice(part * size, (part + 1) * size)));
  }

  async #evaluate(parameters: Float32Array, threshold: number): Promise<Outcome["evaluation"]> {
    const { task, isPrivate } = this.setting;
    const plan = this.#plans.evaluate;
    const sum = await this.#sums.evaluate(parameters, [0, threshold], this.#answering("evaluate"));
    const read = readEvaluate(plan.layout, sum);
    const noise = (name: string) => (isPrivate ? noiseOf(plan, this.#shares.evaluate, name) : 0);
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
      ranking: read.ranks && rankingReport(task, read.ranks, noise("ranks")),
    };
  }
}

const byNumber = (asked: readonly Asked[]): Asked[] => [...asked].sort((a, b) => a.number - b.number);
