/**
 * Answers as real tabs give them, bit for bit: whole numbers from an engine, of each tab its own noise from a generator
 * of its own, and on demand masks over it. At record level only: there a sum over all tabs' rows is the sum of the tabs'
 * sums, since each row is rounded by itself; so without masks one call of the engine serves the whole cohort.
 *
 * A participant-level vector is rotated by signs that follow from the coordinator's signature, so it is made anew every time.
 */
import { encodeFeatures, type Normalisation } from "../../shared/data/features.ts";
import { type TypedRows, takeRows } from "../../shared/data/rows.ts";
import { InputError, invariant } from "../../shared/errors.ts";
import type { Witness } from "../../shared/fairness/histogram.ts";
import type { RoundPlan } from "../../shared/plan.ts";
import { addNoise } from "../../shared/privacy/discrete-gaussian.ts";
import { encodeRecordSum } from "../../shared/privacy/encode.ts";
import type { RandomSource } from "../../shared/privacy/random.ts";
import { type Layout, segment } from "../../shared/questions/layout.ts";
import { profileCounts } from "../../shared/questions/profile-counts.ts";
import { assembleTrain } from "../../shared/questions/train.ts";
import { addMask, mask } from "../../shared/secure-sum/masks.ts";
import { addPacked, centred, pack } from "../../shared/secure-sum/packing.ts";
import type { Task } from "../../shared/task.ts";
import type { Learner } from "../learner.ts";
import type { Kind } from "./float-sums.ts";
import type { Sums } from "./sums.ts";
import type { Asked } from "./work.ts";

/** What is asked of an engine: kernels/engine.ts has the meaning. */
export interface RowEngine {
  load(rows: Pick<TypedRows, "count" | "labels" | "cells"> & { features: Float32Array }): void | Promise<void>;
  privateSum(
    parameters: Float32Array,
    batch: Uint32Array,
    witness: Witness,
    clip: { norm: number; unit: number },
  ): Promise<{ gradient: Int32Array; histogram: Uint32Array }>;
  evaluate(
    parameters: Float32Array,
    batch: Uint32Array,
    thresholds: number[],
  ): Promise<{ histogram: Uint32Array; selected: Uint32Array }>;
}

/** Tabs that are simulated one by one. */
export interface Tabs {
  engine: RowEngine;
  /** A tab's own generator, by the participant's number */
  randoms: readonly RandomSource[];
  /** Whether each vector is masked as on the wire, and the masks taken off the sum again */
  masked: boolean;
}

export interface EngineSumsParts {
  task: Task;
  rows: TypedRows;
  plans: Record<Kind, RoundPlan>;
  tabs: Tabs;
}

export class EngineSums implements Sums {
  constructor(private readonly parts: EngineSumsParts) {
    if (parts.task.privacy.unit !== "record")
      throw new InputError("unit", "is participant, and an engine's sums are of records", "Set `unit: [record]`.");
  }

  profile(asked: readonly Asked[]): Promise<Float64Array> {
    const { task, rows, plans } = this.parts;
    const { layout } = plans.profile;
    return this.#sum("profile", asked, "train", async (batch) =>
      inSteps(profileCounts(takeRows(rows, batch), task, layout), layout),
    );
  }

  async normalise(normalisation: Normalisation): Promise<void> {
    const { task, rows, tabs } = this.parts;
    const { count, labels, cells } = rows;
    await tabs.engine.load({ count, labels, cells, features: encodeFeatures(rows, task, normalisation) });
  }

  train({ parameters, witness }: Learner, asked: readonly Asked[], layout: Layout): Promise<Float64Array> {
    const { task, tabs } = this.parts;
    const clip = { norm: task.privacy.clipNorm, unit: segment(layout, "update").unit };
    return this.#sum("train", asked, "train", async (batch) => {
      const { gradient, histogram } = await tabs.engine.privateSum(parameters, batch, witness, clip);
      return assembleTrain(layout, gradient, histogram);
    });
  }

  evaluate(parameters: Float32Array, thresholds: readonly number[], asked: readonly Asked[]): Promise<Float64Array> {
    const { layout } = this.parts.plans.evaluate;
    return this.#sum("evaluate", asked, "heldBack", async (batch) => {
      const { histogram, selected } = await this.parts.tabs.engine.evaluate(parameters, batch, [...thresholds]);
      const counts = new Float64Array(layout.dimension);
      counts.set(histogram, segment(layout, "histogram").offset);
      counts.set(selected, segment(layout, "selected").offset);
      return inSteps(counts, layout);
    });
  }

  async #sum(
    kind: Kind,
    asked: readonly Asked[],
    portion: "train" | "heldBack",
    answer: (batch: Uint32Array) => Promise<Int32Array>,
  ): Promise<Float64Array> {
    invariant(!asked.some(({ tampering }) => tampering), "tabs that compute as they should");
    const { layout, localVariance, bits } = this.parts.plans[kind];
    const { randoms, masked } = this.parts.tabs;
    const noised = (integers: Int32Array, number: number) =>
      addNoise(encodeRecordSum(integers, layout), localVariance, randoms[number]!);
    if (!masked) {
      const rows = asked.flatMap(({ participant }) => Array.from(participant[portion]));
      const total = Float64Array.from(await answer(Uint32Array.from(rows)));
      for (const { number } of asked) {
        noised(new Int32Array(layout.dimension), number).forEach((x, i) => {
          total[i]! += x;
        });
      }
      return total;
    }
    const sum = new Uint32Array(layout.dimension);
    const keys = new PairKeys();
    for (const [me, { participant, number }] of asked.entries()) {
      const vector = noised(await answer(participant[portion]), number);
      const others = new Map(asked.flatMap((_, other) => (other === me ? [] : [[other, keys.of(me, other)]])));
      addPacked(sum, pack(await mask(vector, bits, me, keys.of(me, me), others), bits), bits);
    }
    for (const me of asked.keys()) await addMask(sum, keys.of(me, me), -1, bits);
    return centred(sum, bits);
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

function inSteps(counts: Float64Array, layout: Layout): Int32Array {
  const integers = new Int32Array(layout.dimension);
  for (const { offset, length, unit } of layout.segments)
    for (let i = offset; i < offset + length; i++) integers[i] = Math.round(counts[i]! * unit);
  return integers;
}
