/**
 * Does the noise hide what it says? Thousands of small cohorts go the real way, encode → noise → mask → pack → sum →
 * unmask → decode, with a canary in one half of them; an attacker who knows everything but the noise tries to tell which.
 * From how often he is right follows a lower bound on ε. A correct build stays below its claim.
 *
 *   lower bound   μ ≥ Φ⁻¹(TPR) − Φ⁻¹(FPR) of a μ-GDP mechanism (Dong, Roth & Su 2022; Nasr et al. 2023, §4), with Clopper
 *                 and Pearson's bounds for both rates; the threshold is chosen on trials that are not counted
 *   sensitivity   beside it, of vectors made so that rounding comes as far as it can, no rounding may leave Δ̂: one that
 *                 does means that an attacker who knows the coins has μ·‖q‖/Δ̂
 */
import type { Layout } from "../../questions/layout.ts";
import { gridUnit, layOut } from "../../questions/layout.ts";
import { addMasks, mask, pairKey, selfKey } from "../../secure-sum/masks.ts";
import { addPacked, centred, pack } from "../../secure-sum/packing.ts";
import { epsilonOfMu, muOf } from "../accountants/gaussian.ts";
import { addNoise } from "../discrete-gaussian.ts";
import { decodeParticipants, encodeParticipant, encodeRecordSum, squaredNorm } from "../encode.ts";
import { rotationSigns, type Signs, unrotate } from "../hadamard.ts";
import type { RandomSource } from "../random.ts";
import type { Encoded, Noised } from "../stages.ts";
import { upperRate } from "./binomial.ts";
import { normalQuantile } from "./normal.ts";

/** What a build does to a tab's vector; the real one, or a sabotaged twin that the audit must catch (twins.ts). */
export interface Build {
  encode(vector: Float64Array, layout: Layout, signs: Signs, random: RandomSource): Int32Array;
  noise(vector: Encoded, variance: bigint, random: RandomSource): Noised;
}

export const realBuild: Build = { encode: encodeParticipant, noise: addNoise };

export interface AuditOptions {
  /** z of the claim */
  noiseMultiplier: number;
  delta: number;
  /** Trials with the canary, and as many without; a third of them chooses the threshold */
  trials: number;
  /** Chance that a correct build is flagged, at most */
  significance: number;
}

export interface MechanismAudit {
  /** ε at δ that the noise promises */
  claimed: number;
  /** ε at δ that the mechanism has at least, with confidence 1 − significance */
  lowerBound: number;
  flagged: boolean;
  truePositives: number;
  falsePositives: number;
  /** Δ̂, and the longest rounded vector that was seen, grid steps */
  sensitivity: { bound: number; largest: number };
}

/** Coordinates of one trial. */
export const trialDimension = 16;
const tabs = 3;
const bits = 20;
/** How far beyond the clip norm the canary lies: a build that does not clip lets it through. */
const canaryNorm = 4;

const layoutOfUnit = (unit: number): Layout =>
  layOut("participant", [{ name: "update", length: trialDimension, bound: 1, unit, rounded: true }]);
export const trialLayout = layoutOfUnit(gridUnit("participant", trialDimension, 1));
/** A clip norm of one grid step: rounding is most of the norm. */
const coarse = layoutOfUnit(1);

export async function auditMechanism(
  build: Build,
  random: RandomSource,
  { noiseMultiplier, delta, trials, significance }: AuditOptions,
): Promise<MechanismAudit> {
  const claimedMu = muOf(noiseMultiplier);
  const signs = await rotationSigns(random.bytes(32), trialDimension);
  const canary = direction(random);
  const scores = await playTrials(build, random, signs, canary, noiseMultiplier, trials);
  const { mu, threshold, present, absent } = lowerMu(scores, significance);

  const sensitivity = { bound: coarse.sensitivity, largest: longestRounding(build, random, signs, trials) };
  const excess = sensitivity.largest > sensitivity.bound ? sensitivity.largest / sensitivity.bound : 0;
  const claimed = epsilonOfMu(claimedMu, delta);
  const lowerBound = epsilonOfMu(Math.max(0, mu, excess * claimedMu), delta);
  return {
    claimed,
    lowerBound,
    flagged: lowerBound > claimed,
    truePositives: share(present, threshold),
    falsePositives: share(absent, threshold),
    sensitivity,
  };
}

/** μ that the scores refute from below, at a threshold chosen on a third of them, and the scores that were counted. */
export function lowerMu(scores: { present: number[]; absent: number[] }, significance: number) {
  const chosen = Math.floor(scores.present.length / 3);
  const threshold = bestThreshold(scores.present.slice(0, chosen), scores.absent.slice(0, chosen), significance);
  const [present, absent] = [scores.present.slice(chosen), scores.absent.slice(chosen)];
  return { mu: gaussianBound(present, absent, threshold, significance), threshold, present, absent };
}

/** The attacker's score of each trial: the sum less what he knows, along the canary, in clip norms. */
async function playTrials(
  build: Build,
  random: RandomSource,
  signs: Signs,
  canary: Float64Array,
  noiseMultiplier: number,
  trials: number,
): Promise<{ present: number[]; absent: number[] }> {
  const length = 2 * trials * trialDimension;
  const variance = BigInt(Math.ceil((noiseMultiplier * trialLayout.sensitivity) ** 2 / tabs));
  const context = { announcementHash: random.bytes(32), rosterHash: random.bytes(32) };
  const seeds = Array.from({ length: tabs }, () => random.bytes(32));
  const secret = random.bytes(32);
  const long = { segments: [], dimension: length, sensitivity: trialLayout.sensitivity };
  const known = Array.from({ length: tabs }, () => direction(random));
  const sum = new Uint32Array(length);
  for (let tab = 0; tab < tabs; tab++) {
    // Trials lie side by side in one long vector: each is encoded by itself, all are noised, masked and added at once.
    const integers = new Int32Array(length);
    for (let trial = 0; trial < 2 * trials; trial++) {
      // The last tab has the canary in every other trial, and takes no part in the rest.
      const isCanary = tab === tabs - 1;
      const vector = isCanary
        ? trial % 2 === 0
          ? canary.map((x) => canaryNorm * x)
          : new Float64Array(trialDimension)
        : known[tab]!;
      integers.set(build.encode(vector, trialLayout, signs, random), trial * trialDimension);
    }
    const noised = build.noise(encodeRecordSum(integers, long), variance, random);
    const pairKeys = new Map<number, Uint8Array<ArrayBuffer>>();
    for (let other = 0; other < tabs; other++)
      if (other !== tab) pairKeys.set(other, await pairKey(context, secret, tab, other));
    const masked = await mask(noised, bits, tab, await selfKey(context, seeds[tab]!, tab), pairKeys);
    addPacked(sum, pack(masked, bits), bits);
  }
  for (let tab = 0; tab < tabs; tab++) await addMasks(sum, [await selfKey(context, seeds[tab]!, tab)], -1, bits);
  const decoded = centred(Uint32Array.from(sum), bits);
  const scores: { present: number[]; absent: number[] } = { present: [], absent: [] };
  const { unit } = trialLayout.segments[0]!;
  for (let trial = 0; trial < 2 * trials; trial++) {
    const one = decodeParticipants(decoded.slice(trial * trialDimension, (trial + 1) * trialDimension), signs);
    let score = 0;
    for (let i = 0; i < trialDimension; i++) {
      const others = known.slice(0, tabs - 1).reduce((total, vector) => total + vector[i]!, 0);
      score += canary[i]! * (one[i]! / unit - others);
    }
    scores[trial % 2 === 0 ? "present" : "absent"].push(score);
  }
  return scores;
}

/** A random vector of norm 1. */
function direction(random: RandomSource): Float64Array {
  const vector = Float64Array.from({ length: trialDimension }, () => random.below(2001) - 1000);
  const norm = Math.sqrt(vector.reduce((sum, x) => sum + x * x, 0));
  return vector.map((x) => x / norm);
}

/** Norm of the longest rounding of the vector that, once rotated, lies a quarter step above the grid everywhere. */
function longestRounding(build: Build, random: RandomSource, signs: Signs, trials: number): number {
  const vector = new Float64Array(trialDimension).fill(1 / Math.sqrt(trialDimension));
  unrotate(vector, signs);
  let largest = 0;
  for (let trial = 0; trial < trials; trial++)
    largest = Math.max(largest, Number(squaredNorm(build.encode(vector, coarse, signs, random))));
  return Math.sqrt(largest);
}

const share = (scores: readonly number[], threshold: number): number =>
  scores.filter((score) => score > threshold).length / scores.length;

/** μ that is refuted from below at this threshold; may be negative. */
function gaussianBound(
  present: readonly number[],
  absent: readonly number[],
  threshold: number,
  significance: number,
): number {
  const missed = present.filter((score) => score <= threshold).length;
  const wrong = absent.filter((score) => score > threshold).length;
  const falseNegatives = upperRate(missed, present.length, significance / 2);
  const falsePositives = upperRate(wrong, absent.length, significance / 2);
  return normalQuantile(1 - falseNegatives) - normalQuantile(falsePositives);
}

/** Of thirty quantiles of all scores, the one with the best bound. */
function bestThreshold(present: readonly number[], absent: readonly number[], significance: number): number {
  const sorted = [...present, ...absent].sort((a, b) => a - b);
  const candidates = Array.from({ length: 30 }, (_, i) => sorted[Math.floor(((i + 0.5) / 30) * sorted.length)]!);
  const bounds = candidates.map((threshold) => gaussianBound(present, absent, threshold, significance));
  return candidates[bounds.indexOf(Math.max(...bounds))]!;
}
