/**
 * Canary participants: of many tabs whose whole answer is one random direction, half take part in a training run by a
 * coin. An attacker scores each direction by how far the trained model has moved along it (Andrew et al. 2024, arXiv
 * 2302.03098, §3; the bounds are those of one-run.ts). Lower bounds both, and loose ones: they find gross errors, and certify nothing.
 */
import { epsilonOfMu, muOf } from "../accountants/gaussian.ts";
import type { RandomSource } from "../random.ts";
import { drawFace, stepDimension, stepOf } from "./inversion.ts";
import type { Build } from "./mechanism.ts";
import { oneRunEpsilon, oneRunGaussianEpsilon } from "./one-run.ts";

/**
 * A whole round: a tab for each vector encodes and noises it by `build`, and sends it the way of every round.
 * @param vectors [stepDimension] each, in clip norms
 * @param model the round's model, [stepDimension]
 * @returns the decoded sum, [stepDimension], in clip norms
 */
export type PlayRound = (build: Build, vectors: readonly Float64Array[], model: Float64Array) => Promise<Float64Array>;

export interface CanaryAudit {
  claimed: number;
  /** Of Steinke, Nasr & Jagielski 2023 */
  oneRun: number;
  /** Of Mahloujifar, Melis & Chaudhuri 2024 */
  oneRunGaussian: number;
  flagged: boolean;
  /** Scores of the canaries that took part and of the others, in clip norms */
  present: number[];
  absent: number[];
}

/**
 * A training run: in each round every tab that takes part answers with its own change of the round's model; the
 * sum moves the model, and the next round starts from there. Canaries answer with their
 * direction each time; the others learn one picture each (inversion.ts).
 */
export async function auditCanaries(
  build: Build,
  random: RandomSource,
  play: PlayRound,
  options: {
    canaries: number;
    learners: number;
    rounds: number;
    noiseMultiplier: number;
    delta: number;
    significance: number;
  },
): Promise<CanaryAudit> {
  const { canaries, learners, rounds, noiseMultiplier, delta } = options;
  const dimension = stepDimension;
  const directions = Array.from({ length: canaries }, () => sphere(dimension, random));
  // At least one of each, so that there is something to tell apart.
  const takesPart = directions.map((_, i) => (i < 2 ? i === 0 : random.below(2) === 1));
  const pictures = Array.from({ length: learners }, () => drawFace(random));
  const model = new Float64Array(dimension);
  const answers = () => [
    ...directions.filter((_, i) => takesPart[i]),
    ...pictures.map((picture, i) => stepOf(model, picture, i)),
  ];
  for (let round = 0; round < rounds; round++) {
    const sum = await play(build, answers(), model);
    // The sum, not its mean: what is public is the model, and the number of tabs.
    for (let k = 0; k < dimension; k++) model[k] = model[k]! + sum[k]!;
  }
  const score = (vector: Float64Array) => vector.reduce((total, x, k) => total + (x * model[k]!) / rounds, 0);
  const present = directions.filter((_, i) => takesPart[i]).map(score);
  const absent = directions.filter((_, i) => !takesPart[i]).map(score);
  const claimed = epsilonOfMu(muOf(noiseMultiplier, rounds), delta);
  const [oneRun, oneRunGaussian] = [
    oneRunEpsilon(present, absent, options),
    oneRunGaussianEpsilon(present, absent, options),
  ];
  return { claimed, oneRun, oneRunGaussian, flagged: Math.max(oneRun, oneRunGaussian) > claimed, present, absent };
}

/** A random vector of norm 1, all directions about equally likely: sums of uniform numbers are near enough to normal. */
function sphere(dimension: number, random: RandomSource): Float64Array {
  const vector = Float64Array.from({ length: dimension }, () => {
    let sum = 0;
    for (let k = 0; k < 4; k++) sum += random.below(2001) - 1000;
    return sum;
  });
  const norm = Math.sqrt(vector.reduce((sum, x) => sum + x * x, 0));
  return vector.map((x) => x / norm);
}
