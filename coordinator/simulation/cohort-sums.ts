/** Sums over a whole cohort at once, without masks, which change no sum, and all their noise in one draw. */
import { type TypedRows, takeRows } from "../../shared/data/rows.ts";
import type { RoundPlan } from "../../shared/plan.ts";
import type { BandedRelease } from "../../shared/privacy/banded.ts";
import { DiscreteGaussian } from "../../shared/privacy/discrete-gaussian.ts";
import type { RandomSource } from "../../shared/privacy/random.ts";
import { rankAnswer } from "../../shared/questions/evaluate.ts";
import type { Layout } from "../../shared/questions/layout.ts";
import { choiceShares, profileCounts } from "../../shared/questions/profile-counts.ts";
import { rankOf } from "../../shared/recommend/ranking.ts";
import type { Task } from "../../shared/task.ts";
import type { Learner } from "../learner.ts";
import type { Arithmetic } from "./arithmetic.ts";
import { cellsOfRow } from "./population.ts";
import type { Kind, Sums } from "./sums.ts";
import { type Asked, evaluateCounts, rowsOf, type Work } from "./work.ts";

export interface CohortSumsParts {
  task: Task;
  rows: TypedRows;
  /** Of choices, by participant: see Choosers */
  chosen: readonly Uint32Array[] | undefined;
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
    const { task, rows, plans, chosen } = this.parts;
    const { layout } = plans.profile;
    const total = new Float64Array(layout.dimension);
    for (const { participant, number } of asked) {
      const { train } = participant;
      const counts = profileCounts(takeRows(rows, train), task, layout);
      const per = task.privacy.unit === "record" ? 1 : Math.max(1, train.length);
      counts.forEach((count, i) => {
        total[i]! += count / per;
      });
      if (chosen)
        choiceShares(chosen[number]!, layout).forEach((share, i) => {
          total[i]! += share;
        });
    }
    for (const { offset, length, unit } of layout.segments)
      for (let i = offset; i < offset + length; i++) total[i]! *= unit;
    return this.#noised("profile", total);
  }

  load(features: Float32Array): Promise<void> {
    return this.parts.arithmetic.load(features);
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
      const ranks = this.#rank(logits, first, which);
      first += which.length;
      const per = task.privacy.unit === "record" ? 1 : Math.max(1, which.length);
      for (const { offset, length, unit } of layout.segments)
        for (let i = offset; i < offset + length; i++) total[i]! += unit * (counts[i]! / per + (ranks?.[i] ?? 0));
    }
    return this.#noised("evaluate", total);
  }

  /** Of choices: where the last one stands among the others, in plain counts [dimension]. */
  #rank(logits: ArrayLike<number>, first: number, which: Uint32Array): Float64Array | undefined {
    const { rows, plans, chosen } = this.parts;
    if (!chosen) return undefined;
    const others = Array.from(which.subarray(1), (_, i) => logits[first + 1 + i]!);
    return rankAnswer(rankOf(logits[first]!, others), cellsOfRow(rows, which[0]!), plans.evaluate.layout);
  }

  #noised(kind: Kind, total: Float64Array): Float64Array {
    const noise = this.#noise[kind];
    return noise ? total.map((x) => Math.round(x) + noise.sample(this.parts.random)) : total;
  }
}
