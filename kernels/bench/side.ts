/** What each side of the comparison offers. All of it really ends: a result is there only when its bytes are read. */
import type { Model, Product } from "./cases.ts";
import type { Batch, Tensor } from "./inputs.ts";

export interface Side {
  name: string;
  /** A side that cannot run a case throws with the reason. */
  product(product: Product, a: Float32Array, b: Float32Array): Promise<ProductRun>;
  train(model: Model, initial: Tensor[][], batches: Batch[]): Promise<TrainingRun>;
}

export interface ProductRun {
  /** Multiplies so many times; the last product [m, n]. */
  run(times: number): Promise<Float32Array>;
  dispose(): void;
}

export interface TrainingRun {
  /** So many SGD steps more, on the batches in turn. */
  steps(count: number): Promise<void>;
  /** Mean of the batch whose turn is next, with the parameters as they are. */
  loss(): Promise<number>;
  dispose(): void;
}
