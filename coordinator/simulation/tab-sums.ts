/**
 * Answers as real tabs give them, bit for bit: whole numbers from an engine, of each tab its own noise from a generator
 * of its own, and on demand masks over it.
 *
 * At participant level all tabs train in the same dispatches, which changes no bit of a model (kernels/many-models.test.ts),
 * and each vector is rotated by signs that follow from what the coordinator has announced and signed: so that a run can be
 * played again, the hashes of its announcements are handed in.
 */
import { type TypedRows, takeRows } from "../../shared/data/rows.ts";
import { InputError, invariant } from "../../shared/errors.ts";
import type { Witness } from "../../shared/fairness/histogram.ts";
import type { RoundPlan } from "../../shared/plan.ts";
import { addNoise } from "../../shared/privacy/discrete-gaussian.ts";
import { decodeParticipants, encodeParticipant, encodeRecordSum } from "../../shared/privacy/encode.ts";
import { rotationSigns, type Signs } from "../../shared/privacy/hadamard.ts";
import type { RandomSource } from "../../shared/privacy/random.ts";
import type { Encoded } from "../../shared/privacy/stages.ts";
import { type Layout, segment } from "../../shared/questions/layout.ts";
import { profileCounts } from "../../shared/questions/profile-counts.ts";
import { assembleChange, assembleTrain } from "../../shared/questions/train.ts";
import { addMasks, mask } from "../../shared/secure-sum/masks.ts";
import { addPacked, centred, pack } from "../../shared/secure-sum/packing.ts";
import type { Task } from "../../shared/task.ts";
import type { Learner } from "../learner.ts";
import type { RowEngine } from "./engine.ts";
import { OnAdapter } from "./on-adapter.ts";
import { localBatches } from "./participant-work.ts";
import type { Kind, Sums } from "./sums.ts";
import { type Asked, countScore, evaluateCounts, rowsOf } from "./work.ts";

/** Tabs that are simulated one by one. */
export interface Tabs {
  engine: RowEngine;
  /** A tab's own generator, by the participant's number */
  randoms: readonly RandomSource[];
  /** Whether each vector is masked as on the wire, and the masks taken off the sum again */
  masked: boolean;
  /** At participant level: the hash of each question's announcement, in the order in which they are asked */
  announcements?: readonly Uint8Array<ArrayBuffer>[];
}

export interface TabSumsParts {
  task: Task;
  rows: TypedRows;
  plans: Record<Kind, RoundPlan>;
  tabs: Tabs;
}

export class TabSums implements Sums {
  readonly #arithmetic: OnAdapter;
  #questions = 0;

  constructor(private readonly parts: TabSumsParts) {
    const { task, rows, tabs } = parts;
    if (task.privacy.unit === "participant" && !tabs.announcements)
      throw new InputError("tabs.announcements", "are missing", "Vectors are rotated by what was announced.");
    this.#arithmetic = new OnAdapter(task, rows, tabs.engine);
  }

  profile(asked: readonly Asked[]): Promise<Float64Array> {
    const { task, rows, plans } = this.parts;
    const { layout } = plans.profile;
    return this.#sum("profile", asked, (one, signs) => {
      const { train } = one.participant;
      return this.#counted(profileCounts(takeRows(rows, train), task, layout), train.length, one, layout, signs);
    });
  }

  load(features: Float32Array): Promise<void> {
    return this.#arithmetic.load(features);
  }

  async train({ parameters, witness }: Learner, asked: readonly Asked[], layout: Layout): Promise<Float64Array> {
    const { task } = this.parts;
    return task.privacy.unit === "record"
      ? this.#recordTrain(parameters, witness, asked, layout)
      : this.#participantTrain(parameters, witness, asked, layout);
  }

  async evaluate(
    parameters: Float32Array,
    thresholds: readonly number[],
    asked: readonly Asked[],
  ): Promise<Float64Array> {
    const { task, rows, plans } = this.parts;
    const { layout } = plans.evaluate;
    const logits = await this.#arithmetic.logits(parameters, rowsOf(asked, "heldBack"));
    let at = 0;
    return this.#sum("evaluate", asked, (one, signs) => {
      const { heldBack } = one.participant;
      const counts = evaluateCounts(task, layout, rows, { which: heldBack, logits, first: at }, thresholds);
      at += heldBack.length;
      return this.#counted(counts, heldBack.length, one, layout, signs);
    });
  }

  async #recordTrain(parameters: Float32Array, witness: Witness, asked: readonly Asked[], layout: Layout) {
    const { task, tabs } = this.parts;
    const clip = { norm: task.privacy.clipNorm, unit: segment(layout, "update").unit };
    const { sampleRate } = task.privacy;
    return this.#sum("train", asked, async ({ participant: { train }, number }) => {
      const batch = sampleRate === 1 ? train : train.filter(() => tabs.randoms[number]!.bernoulli(sampleRate));
      const { gradient, histogram } = await tabs.engine.privateSum(parameters, batch, witness, clip);
      return encodeRecordSum(assembleTrain(layout, gradient, histogram), layout);
    });
  }

  async #participantTrain(parameters: Float32Array, witness: Witness, asked: readonly Asked[], layout: Layout) {
    const { task, rows, tabs } = this.parts;
    const logits = await this.#arithmetic.logits(parameters, rowsOf(asked, "train"));
    const trainings = asked.map(({ participant: { train }, number }) => ({
      batches: localBatches(train, task, tabs.randoms[number]!),
    }));
    const changes = (await this.#arithmetic.localChanges(parameters, trainings, witness)).values();
    let at = 0;
    return this.#sum("train", asked, ({ participant: { train }, number }, signs) => {
      const histogram = new Float64Array(segment(layout, "histogram").length);
      for (const row of train) countScore(rows, row, logits[at++]!, histogram);
      const vector = assembleChange(layout, changes.next().value!, histogram, train.length);
      return encodeParticipant(vector, layout, signs, tabs.randoms[number]!);
    });
  }

  /** Sums at record level, whole grid steps, go out as they are; at participant level as fractions of the tab's rows. */
  #counted(counts: Float64Array, rows: number, { number }: Asked, layout: Layout, signs: Signs): Encoded {
    if (this.parts.task.privacy.unit === "record") {
      const integers = new Int32Array(layout.dimension);
      for (const { offset, length, unit } of layout.segments)
        for (let i = offset; i < offset + length; i++) integers[i] = Math.round(counts[i]! * unit);
      return encodeRecordSum(integers, layout);
    }
    const shares = counts.map((count) => count / Math.max(1, rows));
    return encodeParticipant(shares, layout, signs, this.parts.tabs.randoms[number]!);
  }

  /** @param answer of one tab, before its noise; in the order of those asked */
  async #sum(
    kind: Kind,
    asked: readonly Asked[],
    answer: (one: Asked, signs: Signs) => Encoded | Promise<Encoded>,
  ): Promise<Float64Array> {
    invariant(!asked.some(({ tampering }) => tampering), "tabs that compute as they should");
    const { layout, localVariance, bits } = this.parts.plans[kind];
    const { randoms, masked, announcements } = this.parts.tabs;
    const isRotated = this.parts.task.privacy.unit === "participant";
    const hash = isRotated ? announcements![this.#questions++]! : new Uint8Array(32);
    const signs = await rotationSigns(hash, layout.dimension);
    const sum = new Uint32Array(layout.dimension);
    const keys = new PairKeys();
    let total = new Float64Array(layout.dimension);
    for (const [me, one] of asked.entries()) {
      const vector = addNoise(await answer(one, signs), localVariance, randoms[one.number]!);
      if (masked) {
        const others = new Map(asked.flatMap((_, other) => (other === me ? [] : [[other, keys.of(me, other)]])));
        addPacked(sum, pack(await mask(vector, bits, me, keys.of(me, me), others), bits), bits);
      } else for (let i = 0; i < total.length; i++) total[i]! += vector[i]!;
    }
    if (masked) {
      for (const me of asked.keys()) await addMasks(sum, [keys.of(me, me)], -1, bits);
      total = centred(sum, bits);
    }
    return isRotated ? decodeParticipants(total, signs) : total;
  }
}

/** Keys that the two ends of a pair would agree on; whatever they are, they cancel. */
class PairKeys {
  readonly #keys = new Map<string, Uint8Array<ArrayBuffer>>();

  of(a: number, b: number): Uint8Array<ArrayBuffer> {
    const pair = `${Math.min(a, b)}/${Math.max(a, b)}`;
    const key = this.#keys.get(pair) ?? crypto.getRandomValues(new Uint8Array(32));
    this.#keys.set(pair, key);
    return key;
  }
}
