/** What a simulation asks of an engine. kernels/engine.ts is one, which the coordinator's half of the house never imports. */
import type { TypedRows } from "../../shared/data/rows.ts";
import type { Witness } from "../../shared/fairness/histogram.ts";
import type { Architecture } from "../../shared/model.ts";

export interface RowEngine {
  load(rows: Pick<TypedRows, "count" | "labels" | "cells"> & { features: Float32Array }): void | Promise<void>;
  privateSum(
    parameters: Float32Array,
    batch: Uint32Array,
    witness: Witness,
    clip: { norm: number; unit: number },
  ): Promise<{ gradient: Int32Array; histogram: Uint32Array }>;
  scores(parameters: Float32Array, batch: Uint32Array): Promise<Float32Array>;
  trainMany(
    parameters: Float32Array,
    batches: readonly (readonly Uint32Array[])[],
    witness: Witness,
    options: {
      learningRate: number;
      optimizer: { kind: "sgd" | "adam"; momentum: number; proximal: number };
      drift?: readonly Float32Array[] | undefined;
    },
  ): Promise<Float32Array>;
  dispose(): void;
}

/** An adapter, and how an engine for a model is had on it. */
export interface Adapter {
  /** For people */
  description: string;
  open(architecture: Architecture, tables: { cells: number; attributes: number }): Promise<RowEngine>;
}
