/**
 * Canary participants: of many tabs whose whole answer is one random direction, half take part by a coin. In one sum, an
 * attacker scores each direction by how far the sum points along it (Andrew et al. 2024, arXiv 2302.03098, §3; the bounds
 * are those of one-run.ts). Lower bounds both, and loose ones: they find gross errors, and certify nothing.
 */
import { gridUnit, layOut } from "../../questions/layout.ts";
import { epsilonOfMu, muOf } from "../accountants/gaussian.ts";
import { decodeParticipants, encodeRecordSum } from "../encode.ts";
import { rotationSigns } from "../hadamard.ts";
import type { RandomSource } from "../random.ts";
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

export async function auditCanaries(
  build: Build,
  random: RandomSource,
  options: { canaries: number; dimension: number; noiseMultiplier: number; delta: number; significance: number },
): Promise<CanaryAudit> {
  const { canaries, dimension, noiseMultiplier, delta } = options;
  const unit = gridUnit("participant", dimension, 1);
  const layout = layOut("participant", [{ name: "update", length: dimension, bound: 1, unit, rounded: true }]);
  const signs = await rotationSigns(random.bytes(32), dimension);
  const directions = Array.from({ length: canaries }, () => sphere(dimension, random));
  // At least one of each, so that there is something to tell apart.
  const takesPart = directions.map((_, i) => (i < 2 ? i === 0 : random.below(2) === 1));
  const tabs = takesPart.filter(Boolean).length;
  const variance = BigInt(Math.ceil((noiseMultiplier * layout.sensitivity) ** 2 / tabs));
  const sum = new Float64Array(dimension);
  directions.forEach((vector, i) => {
    if (!takesPart[i]) return;
    const encoded = encodeRecordSum(Int32Array.from(build.encode(vector, layout, signs, random)), layout);
    build.noise(encoded, variance, random).forEach((x, k) => {
      sum[k] = sum[k]! + x;
    });
  });
  const decoded = decodeParticipants(sum, signs);
  const score = (vector: Float64Array) => vector.reduce((total, x, k) => total + (x * decoded[k]!) / unit, 0);
  const present = directions.filter((_, i) => takesPart[i]).map(score);
  const absent = directions.filter((_, i) => !takesPart[i]).map(score);
  const claimed = epsilonOfMu(muOf(noiseMultiplier), delta);
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
