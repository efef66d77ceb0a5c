/** Who does the arithmetic of a simulated cohort, all of it at once: float64 on the processor, or an engine. */
import type { Witness } from "../../shared/fairness/histogram.ts";

/** A participant's local training. */
export interface LocalTraining {
  /** A step each, in order; none is empty */
  batches: Uint32Array[];
  /** Added to every gradient [parameters] */
  correction?: Float64Array | undefined;
}

export interface Arithmetic {
  /** Model inputs of all rows; once, between the profile and training */
  load(features: Float32Array): Promise<void>;
  logits(parameters: Float32Array, rows: Uint32Array): Promise<ArrayLike<number>>;
  /** Σ over rows of their gradients, clipped to an L2 norm: grid steps [parameters] */
  clippedSum(
    parameters: Float32Array,
    rows: Uint32Array,
    witness: Witness,
    clip: { norm: number; unit: number },
  ): Promise<ArrayLike<number>>;
  /** How far each local training moves the model, as the task says [parameters] */
  localChanges(
    parameters: Float32Array,
    trainings: readonly LocalTraining[],
    witness: Witness,
  ): Promise<Float64Array[]>;
}
