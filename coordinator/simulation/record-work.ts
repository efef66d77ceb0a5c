/** At record level: the sum over all rows of their gradients, each clipped, and their scores counted. */
import type { TypedRows } from "../../shared/data/rows.ts";
import type { Witness } from "../../shared/fairness/histogram.ts";
import type { RandomSource } from "../../shared/privacy/random.ts";
import { type Layout, segment } from "../../shared/questions/layout.ts";
import type { Task } from "../../shared/task.ts";
import type { Learner } from "../learner.ts";
import type { Arithmetic } from "./arithmetic.ts";
import type { Tampering } from "./poison.ts";
import { type Asked, countScore, type OwnWitness, rowsOf, type Work } from "./work.ts";

export interface RecordWorkParts {
  task: Task;
  rows: TypedRows;
  arithmetic: Arithmetic;
  random: RandomSource;
  ownWitness: OwnWitness | undefined;
}

export class RecordWork implements Work {
  constructor(private readonly parts: RecordWorkParts) {}

  async sum({ parameters, witness }: Learner, asked: readonly Asked[], layout: Layout): Promise<Float64Array> {
    const { ownWitness } = this.parts;
    const total = new Float64Array(layout.dimension);
    // A tab's own gap is its own, and all attackers do the same.
    const groups = ownWitness
      ? asked.map((one) => [one])
      : [asked.filter(({ tampering }) => !tampering), asked.filter(({ tampering }) => tampering)];
    for (const group of groups) {
      const [one] = group;
      if (!one) continue;
      const batch = this.#batch(rowsOf(group, "train"));
      const histogram = await this.#count(parameters, batch, layout);
      const table = ownWitness?.(one.number, histogram) ?? witness;
      const update = await this.#update(parameters, batch, table, layout, one.tampering);
      const [counts, into] = [segment(layout, "histogram"), segment(layout, "update")];
      for (let i = 0; i < counts.length; i++) total[counts.offset + i]! += counts.unit * histogram[i]!;
      for (let i = 0; i < into.length; i++) total[into.offset + i]! += update[i]!;
    }
    return total;
  }

  /** A Poisson sample, as each tab draws one of its own rows. */
  #batch(rows: Uint32Array): Uint32Array {
    const { task, random } = this.parts;
    const { sampleRate } = task.privacy;
    return sampleRate === 1 ? rows : rows.filter(() => random.bernoulli(sampleRate));
  }

  async #count(parameters: Float32Array, batch: Uint32Array, layout: Layout): Promise<Float64Array> {
    const { rows, arithmetic } = this.parts;
    const histogram = new Float64Array(segment(layout, "histogram").length);
    const logits = await arithmetic.logits(parameters, batch);
    for (let k = 0; k < batch.length; k++) countScore(rows, batch[k]!, logits[k]!, histogram);
    return histogram;
  }

  async #update(
    parameters: Float32Array,
    batch: Uint32Array,
    witness: Witness,
    layout: Layout,
    { factor, clipped }: Tampering = { factor: 1, clipped: true },
  ): Promise<ArrayLike<number>> {
    const { task, arithmetic } = this.parts;
    const { clipNorm: norm } = task.privacy;
    const { unit } = segment(layout, "update");
    // A gradient times f, clipped to C, is f times the gradient clipped to C/|f|.
    const by = clipped ? Math.abs(factor) : 1;
    const sum = await arithmetic.clippedSum(parameters, batch, witness, { norm: norm / by, unit: unit * by });
    const rest = factor / by;
    return rest === 1 ? sum : Array.from(sum, (x) => rest * x);
  }
}
