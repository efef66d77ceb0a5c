/** Made-up rows, parameters and witnesses from a seed. */
import { scoreBins, undisclosed, type Witness } from "../../shared/fairness/histogram.ts";
import type { PlainActivation } from "../../shared/layers.ts";
import { type Architecture, frozenCount, layersOf, parameterCount } from "../../shared/model.ts";
import { unlabelled } from "../../shared/text/tags.ts";
import type { Rows } from "../engine.ts";

/** mulberry32, uniform on [0, 1). */
export function randomSource(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Hidden layers of these widths, all with one activation, then the logits. */
export const perceptron = (
  inputs: number,
  hidden: number[],
  activation: PlainActivation,
  outputs = 1,
): Architecture => ({
  inputShape: [inputs],
  layers: [
    ...hidden.map((width) => ({ kind: "dense" as const, outputs: width, activation })),
    { kind: "dense", outputs, activation: "none" },
  ],
});

/** Two attributes of two and three groups: five cells. One cell in ten is undisclosed. */
export const tables = { cells: 5, attributes: 2 };

export function madeUpRows(count: number, inputs: number, random: () => number, classes = 2): Rows {
  const cell = (first: number, groups: number) =>
    random() < 0.1 ? undisclosed : first + Math.floor(random() * groups);
  return {
    count,
    features: Float32Array.from({ length: count * inputs }, () => 2 * random() - 1),
    labels: Uint8Array.from({ length: count }, () => Math.floor(random() * classes)),
    cells: Uint8Array.from({ length: count * 2 }, (_, i) => (i % 2 === 0 ? cell(0, 2) : cell(2, 3))),
  };
}

/** Those that are trained, or with `frozen` an encoder's. */
export function madeUpParameters(architecture: Architecture, random: () => number, frozen = false): Float32Array {
  const widest = Math.max(...layersOf(architecture).map(({ inputs, outputs }) => Math.max(inputs, outputs)));
  return Float32Array.from(
    { length: frozen ? frozenCount(architecture) : parameterCount(architecture) },
    () => (2 * random() - 1) * (3 / Math.sqrt(widest)),
  );
}

/**
 * Rows of token numbers, some of which occur again and again; every row but the first ends in padding.
 * @param tagged whether each token has a label of its own: every third has none, nor has the padding
 */
export function madeUpTokens(
  count: number,
  tokens: number,
  vocabulary: number,
  random: () => number,
  classes: number,
  tagged = false,
) {
  const features = new Float32Array(count * tokens).fill(-1);
  for (let row = 0; row < count; row++) {
    const length = row === 0 ? tokens : Math.floor(random() * tokens);
    for (let t = 0; t < length; t++) features[row * tokens + t] = Math.floor(random() ** 2 * vocabulary);
  }
  const labels = Uint8Array.from({ length: tagged ? count * tokens : count }, (_, i) => {
    const label = Math.floor(random() * classes);
    return tagged && (features[i] === -1 || i % 3 === 1) ? unlabelled : label;
  });
  return { count, features, labels, cells: new Uint8Array(0) };
}

export function madeUpWitness(random: () => number): Witness {
  return {
    slope: Array.from({ length: tables.cells * 2 * scoreBins.count }, () => random() - 0.5),
    weight: Array.from({ length: tables.cells * 2 }, () => 0.5 + random()),
  };
}

export const range = (count: number): Uint32Array => Uint32Array.from({ length: count }, (_, i) => i);

export function shuffled(count: number, random: () => number): Uint32Array {
  const keys = Array.from({ length: count }, random);
  return range(count).sort((i, j) => keys[i]! - keys[j]!);
}
