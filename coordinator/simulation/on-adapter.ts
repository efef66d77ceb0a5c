/** By an engine in f32: a whole cohort's rows, or all its local trainings, in the same dispatches. */
import type { TypedRows } from "../../shared/data/rows.ts";
import type { Witness } from "../../shared/fairness/histogram.ts";
import type { Task } from "../../shared/task.ts";
import type { Arithmetic, LocalTraining } from "./arithmetic.ts";
import type { RowEngine } from "./engine.ts";

export class OnAdapter implements Arithmetic {
  constructor(
    private readonly task: Task,
    private readonly rows: TypedRows,
    private readonly engine: RowEngine,
  ) {}

  async load(features: Float32Array): Promise<void> {
    const { count, labels, cells } = this.rows;
    await this.engine.load({ count, labels, cells, features });
  }

  logits(parameters: Float32Array, rows: Uint32Array): Promise<Float32Array> {
    return this.engine.scores(parameters, rows);
  }

  async clippedSum(
    parameters: Float32Array,
    rows: Uint32Array,
    witness: Witness,
    clip: { norm: number; unit: number },
  ): Promise<Float64Array> {
    const total = new Float64Array(parameters.length);
    // An engine's sums are of 32 bits.
    const atOnce = Math.max(1, Math.floor(2 ** 31 / (clip.unit * clip.norm + 0.5)) - 1);
    for (let first = 0; first < rows.length; first += atOnce) {
      const { gradient } = await this.engine.privateSum(parameters, rows.slice(first, first + atOnce), witness, clip);
      for (let i = 0; i < total.length; i++) total[i]! += gradient[i]!;
    }
    return total;
  }

  async localChanges(
    parameters: Float32Array,
    trainings: readonly LocalTraining[],
    witness: Witness,
  ): Promise<Float64Array[]> {
    const { localLearningRate, localOptimizer, localMomentum, localProximal } = this.task.training;
    const corrections = trainings.flatMap(({ correction }) => (correction ? [Float32Array.from(correction)] : []));
    const trained = await this.engine.trainMany(
      parameters,
      trainings.map(({ batches }) => batches),
      witness,
      {
        learningRate: localLearningRate,
        optimizer: { kind: localOptimizer, momentum: localMomentum, proximal: localProximal },
        drift: corrections.length > 0 ? corrections : undefined,
      },
    );
    const { length } = parameters;
    return trainings.map((_, k) => Float64Array.from({ length }, (_, i) => trained[k * length + i]! - parameters[i]!));
  }
}
