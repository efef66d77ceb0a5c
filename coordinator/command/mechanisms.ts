/** `murmur accountant --mechanism …`: mechanisms beside the Gaussian one, to check figures of other people's papers. */
import { InputError } from "../../shared/errors.ts";
import {
  discreteGaussianDelta,
  distributedDiscreteGaussianRdp,
  roundedSensitivity,
} from "../../shared/privacy/accountants/discrete-gaussian.ts";
import { convert, orders } from "../../shared/privacy/accountants/rdp.ts";
import { skellamRdp } from "../../shared/privacy/accountants/skellam.ts";
import { epsilonOfRho, rhoOf } from "../../shared/privacy/accountants/zcdp.ts";
import { bandedSensitivity } from "../../shared/privacy/banded.ts";
import { leastDelta } from "../../shared/privacy/calibrate.ts";

/** What zCDP of ρ promises at δ. */
export function fromRho(rho: number, delta: number): object {
  return { rho, delta, epsilon: epsilonOfRho(rho, delta), accountant: "zcdp" };
}

/** What a Rényi divergence of one order promises at δ. */
export function fromRdp(order: number, rdp: number, delta: number): object {
  return { order, rdp, delta, epsilon: convert(order, rdp, delta), accountant: "rdp" };
}

/**
 * Tree aggregation over one pass: a step is in one node of each of ⌊log₂ steps⌋ + 1 levels (Kairouz et al. 2021,
 * arXiv 2103.00039, Theorem 4.1), so all of it is one Gaussian of that squared sensitivity.
 */
export function tree({
  noiseMultiplier,
  rounds,
  delta,
}: {
  noiseMultiplier: number;
  rounds: number;
  delta: number;
}): object {
  const levels = Math.floor(Math.log2(rounds)) + 1;
  return { mechanism: "tree", levels, noiseMultiplier, delta, ...fromRho(rhoOf(noiseMultiplier, levels), delta) };
}

/** One answer under discrete Gaussian noise of deviation σ integers. */
export function discreteGaussian(options: {
  deviation: number;
  sensitivity: number;
  truncation: number;
  epsilon?: number;
  delta?: number;
}): object {
  const { epsilon, delta, ...noise } = options;
  if (!Number.isInteger(noise.sensitivity))
    throw new InputError(
      "--sensitivity",
      `is ${noise.sensitivity}`,
      "Use a whole number: the statistic is an integer.",
    );
  if ((epsilon === undefined) === (delta === undefined))
    throw new InputError("--epsilon", "or --delta is due", "Give one of the two; the other is the answer.");
  const deltaAt = (at: number) => discreteGaussianDelta(at, noise);
  if (epsilon !== undefined) return { mechanism: "discrete-gaussian", epsilon, delta: deltaAt(epsilon) };
  const found = leastDelta(deltaAt, delta!);
  if (deltaAt(found) > delta!)
    throw new InputError("--delta", `of ${delta} is not reached at any ε`, "Raise --truncation or --delta.");
  return { mechanism: "discrete-gaussian", epsilon: found, delta };
}

export interface Distributed {
  clipNorm: number;
  /** γ: the quantity's own unit in one grid step */
  gridStep: number;
  beta: number;
  dimension: number;
  rounds: number;
  delta: number;
}

/** A sum of shares of discrete Gaussian noise, each of `localDeviation` in the quantity's own unit. */
export function distributedDiscreteGaussian(options: Distributed & { localDeviation: number; cohort: number }): object {
  const { clipNorm, gridStep, beta, dimension, rounds, delta, localDeviation, cohort } = options;
  const sensitivity = roundedSensitivity(clipNorm / gridStep, dimension, beta);
  const shares = { sensitivity, localDeviation: localDeviation / gridStep, shares: cohort, dimension };
  const epsilon = best((order) => rounds * distributedDiscreteGaussianRdp(order, shares), delta);
  return { mechanism: "distributed-discrete-gaussian", epsilon, delta, sensitivity: sensitivity * gridStep };
}

/** A sum under Skellam noise of `centralDeviation` in the quantity's own unit. */
export function skellam(options: Distributed & { centralDeviation: number }): object {
  const { clipNorm, gridStep, beta, dimension, rounds, delta, centralDeviation } = options;
  const sensitivity = roundedSensitivity(clipNorm / gridStep, dimension, beta);
  const noise = { sensitivity, variance: (centralDeviation / gridStep) ** 2, dimension };
  const epsilon = best((order) => rounds * skellamRdp(order, noise), delta);
  return { mechanism: "skellam", epsilon, delta, sensitivity: sensitivity * gridStep };
}

const best = (rdp: (order: number) => number, delta: number): number =>
  Math.min(...orders.map((order) => convert(order, rdp(order), delta)));

/** Sensitivity of a banded strategy matrix under a least separation. */
export function matrix(text: string, minSeparation: number, most: number | undefined): object {
  let rows: number[][];
  try {
    rows = JSON.parse(text) as number[][];
    if (!Array.isArray(rows) || !rows.every(Array.isArray)) throw new Error();
  } catch {
    throw new InputError("--matrix", "is no list of rows", "Write it as JSON: [[1,0],[0.5,1]].");
  }
  return { mechanism: "matrix", minSeparation, sensitivity: bandedSensitivity(rows, minSeparation, most) };
}
