/** Sums over a whole cohort at once, without masks, which change no sum, and all their noise in one draw. */
import type { Normalisation } from "../../shared/data/features.ts";
import { type TypedRows, takeRows } from "../../shared/data/rows.ts";
import type { RoundPlan } from "../../shared/plan.ts";
import type { BandedRelease } from "../../shared/privacy/banded.ts";
import { DiscreteGaussian } from "../../shared/privacy/discrete-gaussian.ts";
import type { RandomSource } from "../../shared/privacy/random.ts";
import type { Layout } from "../../shared/questions/layout.ts";
import { profileCounts } from "../../shared/questions/profile-counts.ts";
import type { Task } from "../../shared/task.ts";
import type { Learner } from "../learner.ts";
import type { Arithmetic } from "./arithmetic.ts";
import type { Kind, Sums } from "./sums.ts";
import { type Asked, evaluateCounts, rowsOf, type Work } from "./work.ts";

export interface CohortSumsParts {
  task: Task;
  rows: TypedRows;
  plans: Record<Kind, RoundPlan>;
  /** A tab's shares of noise that are in a sum; none: sums without noise */
  shares: Record<Kind, number> | undefined;
  random: RandomSource;
  /** Noise of training sums that is correlated over the rounds, instead of the shares */
  release: BandedRelease | undefined;
  arithmetic: Arithmetic;
  work: Work;
}

export class CohortSums implements Sums {
  readonly #noise: Partial<Record<Kind, DiscreteGaussian>> = {};

  constructor(private readonly parts: CohortSumsParts) {
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

  normalise(normalisation: Normalisation): Promise<void> {
    return this.parts.arithmetic.normalise(normalisation);
  }

  async train(learner: Learner, asked: readonly Asked[], layout: Layout): Promise<Float64Array> {
    const total = await this.parts.work.sum(learner, asked, layout);
    return this.parts.release?.release(total) ?? this.#noised("train", total);
  }

  async evaluate(
    parameters: Float32Array,
    thresholds: readonly number[],
    asked: readonly Asked[],
  ): Promise<Float64Array> {
    const { task, rows, plans, arithmetic } = this.parts;
    const { layout } = plans.evaluate;
    const total = new Float64Array(layout.dimension);
    const logits = await arithmetic.logits(parameters, rowsOf(asked, "heldBack"));
    let first = 0;
    for (const { participant } of asked) {
      const { heldBack: which } = participant;
      const counts = evaluateCounts(task, layout, rows, { which, logits, first }, thresholds);
      first += which.length;
      const per = task.privacy.unit === "record" ? 1 : Math.max(1, which.length);
      for (const { offset, length, unit } of layout.segments)
        for (let i = offset; i < offset + length; i++) total[i]! += (unit * counts[i]!) / per;
    }
    return this.#noised("evaluate", total);
  }

  #noised(kind: Kind, total: Float64Array): Float64Array {
    const noise = this.#noise[kind];
    return noise ? total.map((x) => Math.round(x) + noise.sample(this.parts.random)) : total;
  }
}
