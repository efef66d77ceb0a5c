/**
 * At participant level: how far local SGD moves the model, clipped as a whole, and the scores counted as shares of own
 * rows. Beside it may go what only the lab has (docs/lab.md): SCAFFOLD's control variates and q-FedAvg's weights.
 */
import type { TypedRows } from "../../shared/data/rows.ts";
import { inSteps } from "../../shared/privacy/encode.ts";
import type { RandomSource } from "../../shared/privacy/random.ts";
import { type Layout, segment } from "../../shared/questions/layout.ts";
import { assembleChange } from "../../shared/questions/train.ts";
import type { Task } from "../../shared/task.ts";
import type { Learner } from "../learner.ts";
import type { Arithmetic, LocalTraining } from "./arithmetic.ts";
import type { QFair } from "./q-fair.ts";
import type { Scaffold } from "./scaffold.ts";
import { type Asked, countScore, type OwnWitness, rowsOf, type Work } from "./work.ts";

export interface ParticipantWorkParts {
  task: Task;
  rows: TypedRows;
  arithmetic: Arithmetic;
  random: RandomSource;
  scaffold: Scaffold | undefined;
  qFair: QFair | undefined;
  ownWitness: OwnWitness | undefined;
}

/** Numbers of the changes that are in memory at once, at most */
const mostNumbers = 2 ** 23;

export class ParticipantWork implements Work {
  constructor(private readonly parts: ParticipantWorkParts) {}

  async sum(learner: Learner, asked: readonly Asked[], layout: Layout): Promise<Float64Array> {
    const total = new Float64Array(layout.dimension);
    // A tab's own gap is its own.
    const atOnce = this.parts.ownWitness ? 1 : Math.max(1, Math.floor(mostNumbers / learner.parameters.length));
    for (let first = 0; first < asked.length; first += atOnce)
      await this.#add(learner, asked.slice(first, first + atOnce), layout, total);
    return total;
  }

  async #add(learner: Learner, asked: readonly Asked[], layout: Layout, total: Float64Array): Promise<void> {
    const { arithmetic, scaffold, ownWitness } = this.parts;
    const { parameters } = learner;
    const logits = await arithmetic.logits(parameters, rowsOf(asked, "train"));
    let at = 0;
    const scored = asked.map(({ participant }) => {
      const own = this.#score(participant.train, logits, at, layout);
      at += participant.train.length;
      return own;
    });
    const trainings = asked.map((one) => ({
      batches: this.#batches(one),
      correction: scaffold?.correction(one.number),
    }));
    const witness = ownWitness?.(asked[0]!.number, scored[0]!.histogram) ?? learner.witness;
    const changes = await arithmetic.localChanges(parameters, trainings, witness);
    for (const [k, one] of asked.entries()) {
      const integers = this.#encode(one, trainings[k]!, changes[k]!, scored[k]!, layout);
      for (let i = 0; i < total.length; i++) total[i]! += integers[i]!;
    }
  }

  /** Scores counted, and the loss in nats, of the rows whose logits begin at `first`. */
  #score(train: Uint32Array, logits: ArrayLike<number>, first: number, layout: Layout) {
    const { rows } = this.parts;
    const histogram = new Float64Array(segment(layout, "histogram").length);
    let loss = 0;
    for (let k = 0; k < train.length; k++) {
      const z = logits[first + k]!;
      countScore(rows, train[k]!, z, histogram);
      loss += crossEntropy(z, rows.labels[train[k]!]!);
    }
    return { histogram, loss };
  }

  /** Of each epoch the rows in a new order; a straggler does not come to the last ones. */
  #batches({ participant: { train }, share = 1 }: Asked): Uint32Array[] {
    const { task, random } = this.parts;
    const batches = localBatches(train, task, random);
    return batches.slice(0, Math.max(1, Math.floor(share * batches.length)));
  }

  #encode(
    { participant, number, tampering }: Asked,
    { batches }: LocalTraining,
    change: Float64Array,
    { histogram, loss }: { histogram: Float64Array; loss: number },
    layout: Layout,
  ): Float64Array {
    const { scaffold, qFair } = this.parts;
    const rows = participant.train.length;
    const { factor = 1, clipped = true } = tampering ?? {};
    if (clipped && factor !== 1) for (let i = 0; i < change.length; i++) change[i]! *= factor;
    const vector = assembleChange(layout, change, histogram, rows);
    qFair?.weigh(vector, layout, loss / Math.max(1, rows));
    scaffold?.answer(vector, layout, number, change, batches.length);
    const integers = inSteps(vector, layout);
    if (!clipped) {
      const { offset, length } = segment(layout, "update");
      for (let i = offset; i < offset + length; i++) integers[i]! *= factor;
    }
    return integers;
  }
}

const crossEntropy = (z: number, label: number): number =>
  Math.log1p(Math.exp(-Math.abs(z))) + Math.max(0, label ? -z : z);

/** Each epoch's rows in a new order (Fisher and Yates), in batches: as client/worker draws them. */
export function localBatches(train: Uint32Array, { training }: Task, random: RandomSource): Uint32Array[] {
  const { localEpochs, localBatch } = training;
  const batches: Uint32Array[] = [];
  for (let epoch = 0; epoch < localEpochs; epoch++) {
    const order = train.slice();
    for (let i = order.length - 1; i > 0; i--) {
      const j = random.below(i + 1);
      [order[i], order[j]] = [order[j]!, order[i]!];
    }
    for (let start = 0; start < order.length; start += localBatch) batches.push(order.slice(start, start + localBatch));
  }
  return batches;
}
