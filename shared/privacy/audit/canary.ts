/**
 * Canary participants: of many tabs whose whole answer is one random direction, half take part in a training run by a
 * coin. An attacker scores each direction by how far the trained model has moved along it (Andrew et al. 2024, arXiv
 * 2302.03098, §3; the bounds are those of one-run.ts). Lower bounds both, and loose ones: they find gross errors, and certify nothing.
 */
import { gridUnit, layOut } from "../../questions/layout.ts";
import { addMasks, mask, pairKey, selfKey } from "../../secure-sum/masks.ts";
import { addPacked, centred, pack } from "../../secure-sum/packing.ts";
import { epsilonOfMu, muOf } from "../accountants/gaussian.ts";
import { decodeParticipants, encodeRecordSum } from "../encode.ts";
import { rotationSigns } from "../hadamard.ts";
import type { RandomSource } from "../random.ts";
import type { Noised } from "../stages.ts";
import { drawFace, stepDimension, stepOf } from "./inversion.ts";
import type { Build } from "./mechanism.ts";
import { oneRunEpsilon, oneRunGaussianEpsilon } from "./one-run.ts";

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

/** Whom a tab masks with, to either side of a ring: the graph is another audit's business. */
const reach = 1;
const bits = 20;

/**
 * A training run: in each round every tab that takes part answers with its own change of the round's model, encoded,
 * noised, masked and packed; the sum moves the model, and the next round starts from there. Canaries answer with their
 * direction each time; the others learn one picture each (inversion.ts).
 */
export async function auditCanaries(
  build: Build,
  random: RandomSource,
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
  const unit = gridUnit("participant", dimension, 1);
  const layout = layOut("participant", [{ name: "update", length: dimension, bound: 1, unit, rounded: true }]);
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
    const vectors = answers();
    const signs = await rotationSigns(random.bytes(32), dimension);
    const variance = BigInt(Math.ceil((noiseMultiplier * layout.sensitivity) ** 2 / vectors.length));
    const sum = await secureSum(
      vectors.map((vector) => {
        const encoded = encodeRecordSum(Int32Array.from(build.encode(vector, layout, signs, random)), layout);
        return build.noise(encoded, variance, random);
      }),
      random,
    );
    const decoded = decodeParticipants(sum, signs);
    // The sum, not its mean: what is public is the model, and the number of tabs.
    for (let k = 0; k < dimension; k++) model[k] = model[k]! + decoded[k]! / unit;
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

/** Every vector masked and packed, the packets added, the self masks taken away: pairs cancel by themselves. */
async function secureSum(vectors: readonly Noised[], random: RandomSource): Promise<Float64Array> {
  const count = vectors.length;
  const context = { announcementHash: random.bytes(32), rosterHash: random.bytes(32) };
  const secret = random.bytes(32);
  const sum = new Uint32Array(vectors[0]!.length);
  for (const [me, vector] of vectors.entries()) {
    const others = new Set([(me + reach) % count, (me - reach + count) % count]);
    const pairs = await Promise.all(
      [...others].map(async (other) => [other, await pairKey(context, secret, me, other)] as const),
    );
    const own = await selfKey(context, secret, me);
    addPacked(sum, pack(await mask(vector, bits, me, own, new Map(pairs)), bits), bits);
    await addMasks(sum, [own], -1, bits);
  }
  return centred(sum, bits);
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
