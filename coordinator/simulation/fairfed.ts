/**
 * FairFed (Ezzeldin et al., AAAI 2023), the baseline to beat: local training re-weighed by the participant's own groups,
 * then an average whose weights follow each participant's gap, ω_k ← ω_k − β(Δ_k − mean Δ), Δ_k = |F_k − F|. Where a
 * participant holds one group only F_k does not exist, and Δ_k is the difference of accuracies, as its authors say.
 * It needs every participant's gap in the clear, so there is no private form of it to compare with.
 */

import { neutralWitness, type Witness } from "../../shared/fairness/histogram.ts";
import { cellsOfAttribute } from "../../shared/fairness/histogram-metrics.ts";
import { kamiranCalders } from "../../shared/fairness/weights.ts";
import { architectureOf, initialParameters } from "../../shared/model.ts";
import type { Task } from "../../shared/task.ts";
import { measure } from "./measure.ts";
import { cellsOfRow, type Encoded, type Participant } from "./population.ts";
import { lossSlope } from "./work.ts";

/** β of the paper's experiments */
const budget = 1;
const localEpochs = 1;

/** A signed or unsigned gap of the selections of rows `which`; undefined where it does not exist. */
export type LocalGap = (parameters: Float64Array, which: Uint32Array) => number | undefined;

export function fairFed(
  task: Task,
  data: Encoded,
  participants: readonly Participant[],
  { gap, rounds, seed, learningRate }: { gap: LocalGap; rounds: number; seed: number; learningRate: number },
): Float64Array {
  let model = Float64Array.from(initialParameters(architectureOf(task), seed));
  const training = participants.filter(({ train }) => train.length > 0);
  const everyone = Uint32Array.from(training.flatMap(({ train }) => [...train]));
  let weights = training.map(({ train }) => train.length / everyone.length);
  const witnesses = training.map(({ train }) => reweighed(task, data, train));
  for (let round = 0; round < rounds; round++) {
    const overall = gap(model, everyone);
    const accuracy = measure(task, data, everyone, model).accuracy;
    const deviations = training.map(({ train }) => {
      const own = gap(model, train);
      if (own !== undefined && overall !== undefined) return Math.abs(own - overall);
      return Math.abs(measure(task, data, train, model).accuracy - accuracy);
    });
    const mean = deviations.reduce((a, b) => a + b, 0) / deviations.length;
    weights = weights.map((w, k) => Math.max(0, w - (budget * (deviations[k]! - mean)) / training.length));
    const total = weights.reduce((a, b) => a + b, 0);
    weights = weights.map((w) => w / total);
    const next = new Float64Array(model.length);
    training.forEach(({ train }, k) => {
      const own = descend(data, model, train, witnesses[k]!, learningRate);
      for (let i = 0; i < next.length; i++) next[i]! += weights[k]! * own[i]!;
    });
    model = next;
  }
  return model;
}

function reweighed(task: Task, { rows }: Encoded, train: Uint32Array): Witness {
  const witness = neutralWitness(task);
  const cells = cellsOfAttribute(task, task.fairness.attribute);
  const counts = cells.map(() => [0, 0] as [number, number]);
  for (const row of train)
    for (const cell of cellsOfRow(rows, row)) {
      const own = counts[cells.indexOf(cell)];
      if (own) own[rows.labels[row] as 0 | 1]++;
    }
  kamiranCalders(counts).forEach((pair, i) => {
    pair.forEach((weight, label) => {
      witness.weight[cells[i]! * 2 + label] = weight;
    });
  });
  return witness;
}

/** Steps of a few hundred rows, so that a hospital and a person both take at least one. */
const batch = 256;

function descend({ rows, network }: Encoded, from: Float64Array, train: Uint32Array, witness: Witness, rate: number) {
  const parameters = from.slice();
  const gradient = new Float64Array(from.length);
  for (let epoch = 0; epoch < localEpochs; epoch++) {
    for (let start = 0; start < train.length; start += batch) {
      const members = train.subarray(start, start + batch);
      gradient.fill(0);
      for (const row of members) {
        const z = network.logit(parameters, row);
        const slope = lossSlope(rows, row, z, witness);
        network.addGradient(parameters, row, slope, {
          clipNorm: Number.POSITIVE_INFINITY,
          scale: 1 / members.length,
          into: gradient,
        });
      }
      for (let i = 0; i < parameters.length; i++) parameters[i]! -= rate * gradient[i]!;
    }
  }
  return parameters;
}
