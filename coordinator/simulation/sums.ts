/** What the simulated coordinator gets of a round: a sum in the layout's integers, with its noise. */
import type { Layout } from "../../shared/questions/layout.ts";
import type { Learner } from "../learner.ts";
import type { Asked } from "./work.ts";

export type Kind = "profile" | "train" | "evaluate";

export interface Sums {
  profile(asked: readonly Asked[]): Promise<Float64Array>;
  /** Model inputs of all rows; once, between the profile and training */
  load(features: Float32Array): Promise<void>;
  /** @param layout at the round's clip norm */
  train(learner: Learner, asked: readonly Asked[], layout: Layout): Promise<Float64Array>;
  /** @param thresholds logits */
  evaluate(parameters: Float32Array, thresholds: readonly number[], asked: readonly Asked[]): Promise<Float64Array>;
}
