/**
 * Builds that are broken on purpose, each in one way that has happened to somebody: an audit that does not catch them
 * says nothing about the real one. Nothing but audits may import them.
 */

import type { Layout } from "../../questions/layout.ts";
import { addNoise } from "../discrete-gaussian.ts";
import { encodeRecordSum } from "../encode.ts";
import { rotate, type Signs } from "../hadamard.ts";
import { RandomSource } from "../random.ts";
import { type Build, realBuild, trialDimension } from "./mechanism.ts";

export type TwinName = "noiseCut" | "fixedSeed" | "clippingOff" | "unconditionalRounding";

export const twins: Record<TwinName, Build> = {
  /** 30 % less noise than promised. */
  noiseCut: { ...realBuild, noise: (vector, variance, random) => addNoise(vector, (variance * 49n) / 100n, random) },

  /** The generator begins anew with the same seed in every round. */
  fixedSeed: {
    ...realBuild,
    noise(vector, variance) {
      const seeded = new RandomSource((words) => {
        for (let i = 0; i < words.length; i++) words[i] = Math.imul(i + 1, 0x9e3779b9) ^ Math.imul(i + 7, 0x85ebca6b);
      });
      const zeros = { segments: [], dimension: trialDimension, sensitivity: 0 };
      const noise = addNoise(encodeRecordSum(new Int32Array(trialDimension), zeros), variance, seeded);
      // The one place where something is called noised that did not come from `addNoise` as it is.
      return vector.map((x, i) => x + noise[i % trialDimension]!) as unknown as ReturnType<Build["noise"]>;
    },
  },

  /** Whatever the data say goes into the sum. */
  clippingOff: { ...realBuild, encode: (vector, layout, signs, random) => roundOnce(vector, layout, signs, random, 1) },

  /** The first rounding is taken, however long it is. */
  unconditionalRounding: {
    ...realBuild,
    encode(vector, layout, signs, random) {
      const norm = Math.sqrt(vector.reduce((sum, x) => sum + x * x, 0));
      return roundOnce(vector, layout, signs, random, norm === 0 ? 1 : Math.min(1, layout.segments[0]!.bound / norm));
    },
  },
};

/** Noise a twentieth as large as promised: what canaries, whose bounds are loose, must still find. */
export const quietTwin: Build = {
  ...realBuild,
  noise: (vector, variance, random) => addNoise(vector, variance / 400n + 1n, random),
};

function roundOnce(
  vector: Float64Array,
  layout: Layout,
  signs: Signs,
  random: RandomSource,
  factor: number,
): Int32Array {
  const steps = vector.map((x) => x * factor * layout.segments[0]!.unit);
  rotate(steps, signs);
  return Int32Array.from(steps, (x) => Math.floor(x) + (random.bernoulli(x - Math.floor(x)) ? 1 : 0));
}
