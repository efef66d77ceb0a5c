/** Answers in float64 on the processor, participant by participant, and all their noise in one draw. */
import type { Normalisation } from "../../shared/data/features.ts";
import { type TypedRows, takeRows } from "../../shared/data/rows.ts";
import { binOf, cellsOf, histogramIndex } from "../../shared/fairness/histogram.ts";
import type { RoundPlan } from "../../shared/plan.ts";
import type { BandedRelease } from "../../shared/privacy/banded.ts";
import { DiscreteGaussian } from "../../shared/privacy/discrete-gaussian.ts";
import type { RandomSource } from "../../shared/privacy/random.ts";
import { type Layout, segment } from "../../shared/questions/layout.ts";
import { profileCounts } from "../../shared/questions/profile-counts.ts";
import type { Task } from "../../shared/task.ts";
import type { Learner } from "../learner.ts";
import { cellsOfRow, type Encoded, encode } from "./population.ts";
import type { Sums } from "./sums.ts";
import type { Asked, Work } from "./work.ts";

export type Kind = "profile" | "train" | "evaluate";

export interface FloatSumsParts {
  task: Task;
  rows: TypedRows;
  plans: Record<Kind, RoundPlan>;
  /** A tab's shares of noise that are in a sum; none: sums without noise */
  shares: Record<Kind, number> | undefined;
  random: RandomSource;
  /** Noise of training sums that is correlated over the rounds, instead of the shares */
  release: BandedRelease | undefined;
  work: (data: Encoded) => Work;
}

export class FloatSums implements Sums {
  readonly #noise: Partial<Record<Kind, DiscreteGaussian>> = {};
  #data: Encoded | undefined;
  #work: Work | undefined;

  constructor(private readonly parts: FloatSumsParts) {
    const { plans, shares } = parts;
    if (!shares) return;
    // A sum of everybody's discrete Gaussians is as good as one of the summed variance (Kairouz et al. 2021, Thm 1).
    for (const kind of ["profile", "train", "evaluate"] as const)
      this.#noise[kind] = new DiscreteGaussian(plans[kind].localVariance * BigInt(shares[kind]));
  }

  async profile(asked: readonly Asked[]): Promise<Float64Array> {
    const { task, rows, plans } = this.parts;
    const { layout } = plans.profile;
    const total = new Float64Array(layout.dimension);
    for (const { participant } of asked) {
      const { train } = participant;
      const counts = profileCounts(takeRows(rows, train), task, layout);
      const per = task.privacy.unit === "record" ? 1 : Math.max(1, train.length);
      counts.forEach((count, i) => {
        total[i]! += count / per;
      });
    }
    for (const { offset, length, unit } of layout.segments)
      for (let i = offset; i < offset + length; i++) total[i]! *= unit;
    return this.#noised("profile", total);
  }

  async normalise(normalisation: Normalisation): Promise<void> {
    const { task, rows, work } = this.parts;
    this.#data = encode(rows, task, normalisation);
    this.#work = work(this.#data);
  }

  async train(learner: Learner, asked: readonly Asked[], layout: Layout): Promise<Float64Array> {
    const total = new Float64Array(layout.dimension);
    for (const one of asked) this.#work!.add(learner, one, layout, total);
    return this.parts.release?.release(total) ?? this.#noised("train", total);
  }

  async evaluate(
    parameters: Float32Array,
    thresholds: readonly number[],
    asked: readonly Asked[],
  ): Promise<Float64Array> {
    const { task, plans } = this.parts;
    const { layout } = plans.evaluate;
    const { rows, network } = this.#data!;
    const total = new Float64Array(layout.dimension);
    const [counts, selected] = [segment(layout, "histogram"), segment(layout, "selected")];
    const cells = cellsOf(task).length;
    for (const { participant } of asked) {
      const { heldBack } = participant;
      const per = task.privacy.unit === "record" ? 1 : Math.max(1, heldBack.length);
      for (const row of heldBack) {
        const z = network.logit(parameters, row);
        const label = rows.labels[row]!;
        for (const cell of cellsOfRow(rows, row)) {
          total[counts.offset + histogramIndex(cell, label, binOf(z))]! += counts.unit / per;
          thresholds.forEach((t, k) => {
            if (z >= t) total[selected.offset + (k * cells + cell) * 2 + label]! += selected.unit / per;
          });
        }
      }
    }
    return this.#noised("evaluate", total);
  }

  #noised(kind: Kind, total: Float64Array): Float64Array {
    const noise = this.#noise[kind];
    return noise ? total.map((x) => Math.round(x) + noise.sample(this.parts.random)) : total;
  }
}
