/** Float64 on the processor, participant by participant: rows by their entries other than 0, and nothing is dispatched. */
import type { TypedRows } from "../../shared/data/rows.ts";
import type { Witness } from "../../shared/fairness/histogram.ts";
import type { Task } from "../../shared/task.ts";
import type { Arithmetic, LocalTraining } from "./arithmetic.ts";
import { type Encoded, networkOf } from "./population.ts";
import { lossSlope } from "./work.ts";

export class Processor implements Arithmetic {
  #data: Encoded | undefined;

  constructor(
    private readonly task: Task,
    private readonly rows: TypedRows,
  ) {}

  async load(features: Float32Array): Promise<void> {
    this.#data = { rows: this.rows, network: networkOf(this.task, features) };
  }

  async logits(parameters: Float32Array, rows: Uint32Array): Promise<Float64Array> {
    const { network } = this.#data!;
    const own = new Float64Array(parameters);
    return Float64Array.from(rows, (row) => network.logit(own, row));
  }

  async clippedSum(
    parameters: Float32Array,
    which: Uint32Array,
    witness: Witness,
    { norm: clipNorm, unit: scale }: { norm: number; unit: number },
  ): Promise<Float64Array> {
    const { rows, network } = this.#data!;
    const own = new Float64Array(parameters);
    const into = new Float64Array(own.length);
    for (const row of which) {
      const z = network.logit(own, row);
      network.addGradient(own, row, lossSlope(rows, row, z, witness), { clipNorm, scale, into });
    }
    return into;
  }

  async localChanges(
    parameters: Float32Array,
    trainings: readonly LocalTraining[],
    witness: Witness,
  ): Promise<Float64Array[]> {
    return trainings.map((training) => {
      const own = new Float64Array(parameters);
      this.#train(own, parameters, training, witness);
      for (let i = 0; i < own.length; i++) own[i]! -= parameters[i]!;
      return own;
    });
  }

  /** As kernels/optimizer/descend.wgsl has it. */
  #train(own: Float64Array, from: Float32Array, { batches, correction }: LocalTraining, witness: Witness): void {
    const { rows, network } = this.#data!;
    const slope = (row: number, z: number) => lossSlope(rows, row, z, witness);
    const { localLearningRate: rate, localOptimizer, localMomentum, localProximal } = this.task.training;
    if (localOptimizer === "sgd" && localMomentum === 0 && localProximal === 0 && !correction) {
      for (const batch of batches) network.descend(own, batch, slope, rate);
      return;
    }
    const gradient = new Float64Array(own.length);
    const [first, second] = [new Float64Array(own.length), new Float64Array(own.length)];
    for (const [step, batch] of batches.entries()) {
      if (correction) gradient.set(correction);
      else gradient.fill(0);
      for (const row of batch) {
        const z = network.logit(own, row);
        const sink = { clipNorm: Number.POSITIVE_INFINITY, scale: 1 / batch.length, into: gradient };
        network.addGradient(own, row, slope(row, z), sink);
      }
      const [left1, left2] = [1 - 0.9 ** (step + 1), 1 - 0.999 ** (step + 1)];
      for (let i = 0; i < own.length; i++) {
        // FedProx's term (Li et al. 2020, MLSys, eq. 2)
        const g = gradient[i]! + localProximal * (own[i]! - from[i]!);
        if (localOptimizer === "adam") {
          first[i] = 0.9 * first[i]! + 0.1 * g;
          second[i] = 0.999 * second[i]! + 0.001 * g * g;
          own[i]! -= (rate * first[i]!) / left1 / (Math.sqrt(second[i]! / left2) + 1e-8);
        } else {
          first[i] = localMomentum * first[i]! + g;
          own[i]! -= rate * first[i]!;
        }
      }
    }
  }
}
