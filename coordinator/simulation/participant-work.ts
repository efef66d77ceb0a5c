/**
 * At participant level: how far local SGD moves the model, clipped as a whole, and the scores counted as shares of own
 * rows. Beside it may go what only the lab has (docs/lab.md): SCAFFOLD's control variates and q-FedAvg's weights.
 */
import type { Witness } from "../../shared/fairness/histogram.ts";
import { inSteps } from "../../shared/privacy/encode.ts";
import type { RandomSource } from "../../shared/privacy/random.ts";
import { type Layout, segment } from "../../shared/questions/layout.ts";
import { assembleChange } from "../../shared/questions/train.ts";
import type { Task } from "../../shared/task.ts";
import type { Learner } from "../learner.ts";
import type { Encoded } from "./population.ts";
import type { QFair } from "./q-fair.ts";
import type { Scaffold } from "./scaffold.ts";
import { type Asked, countScore, lossSlope, type OwnWitness, type Work } from "./work.ts";

export interface ParticipantWorkParts {
  task: Task;
  data: Encoded;
  random: RandomSource;
  scaffold: Scaffold | undefined;
  qFair: QFair | undefined;
  ownWitness: OwnWitness | undefined;
}

export class ParticipantWork implements Work {
  constructor(private readonly parts: ParticipantWorkParts) {}

  add(learner: Learner, { participant, number, tampering, share }: Asked, layout: Layout, total: Float64Array) {
    const { data, scaffold, qFair, ownWitness } = this.parts;
    const { train } = participant;
    const { parameters } = learner;
    const histogram = new Float64Array(segment(layout, "histogram").length);
    let loss = 0;
    for (const row of train) {
      const z = data.network.logit(parameters, row);
      countScore(data.rows, row, z, histogram);
      loss += crossEntropy(z, data.rows.labels[row]!);
    }
    const witness = ownWitness?.(number, histogram) ?? learner.witness;
    const { change, steps } = this.#descend(parameters, train, witness, {
      correction: scaffold?.correction(number),
      share,
    });
    const { factor = 1, clipped = true } = tampering ?? {};
    if (clipped && factor !== 1)
      change.forEach((x, i) => {
        change[i] = factor * x;
      });
    const vector = assembleChange(layout, change, histogram, train.length);
    qFair?.weigh(vector, layout, loss / Math.max(1, train.length));
    scaffold?.answer(vector, layout, number, change, steps);
    const integers = inSteps(vector, layout);
    if (!clipped) {
      const { offset, length } = segment(layout, "update");
      for (let i = offset; i < offset + length; i++) integers[i]! *= factor;
    }
    integers.forEach((x, i) => {
      total[i]! += x;
    });
  }

  /** @param correction added to every gradient [parameters] @param share of its steps that it comes to */
  #descend(
    from: Float32Array,
    train: Uint32Array,
    witness: Witness,
    { correction, share = 1 }: { correction: Float64Array | undefined; share: number | undefined },
  ): { change: Float64Array; steps: number } {
    const { task, data, random } = this.parts;
    const { localEpochs, localBatch, localLearningRate, localProximal } = task.training;
    const { rows, network } = data;
    const parameters = Float64Array.from(from);
    const gradient = new Float64Array(parameters.length);
    const all = localEpochs * Math.ceil(train.length / localBatch);
    const most = Math.max(1, Math.floor(share * all));
    let steps = 0;
    for (let epoch = 0; epoch < localEpochs; epoch++) {
      const order = shuffled(train, random);
      for (let start = 0; start < order.length && steps < most; start += localBatch) {
        const batch = order.subarray(start, start + localBatch);
        if (correction) gradient.set(correction);
        else gradient.fill(0);
        for (const row of batch) {
          const z = network.logit(parameters, row);
          network.addGradient(parameters, row, lossSlope(rows, row, z, witness), {
            clipNorm: Number.POSITIVE_INFINITY,
            scale: 1 / batch.length,
            into: gradient,
          });
        }
        // FedProx's term (Li et al. 2020, MLSys, eq. 2)
        if (localProximal > 0)
          for (let i = 0; i < parameters.length; i++) gradient[i]! += localProximal * (parameters[i]! - from[i]!);
        for (let i = 0; i < parameters.length; i++) parameters[i]! -= localLearningRate * gradient[i]!;
        steps++;
      }
    }
    return { change: parameters.map((x, i) => x - from[i]!), steps };
  }
}

const crossEntropy = (z: number, label: number): number =>
  Math.log1p(Math.exp(-Math.abs(z))) + Math.max(0, label ? -z : z);

function shuffled(rows: Uint32Array, random: RandomSource): Uint32Array {
  const order = rows.slice();
  for (let i = order.length - 1; i > 0; i--) {
    const j = random.below(i + 1);
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return order;
}
