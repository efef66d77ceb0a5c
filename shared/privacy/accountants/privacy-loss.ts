/**
 * The privacy loss of one answer of a Poisson-subsampled Gaussian, as a function of the answer's coordinate along the
 * unit's direction: ℓ(x) = ln(p(x)/q(x)), increasing in x, under x ~ p (Koskela, Jälkö & Honkela 2020, §3).
 *
 *   remove    p = (1−r)·N(0,σ²) + r·N(1,σ²)   against  q = N(0,σ²)            the unit is there, then not
 *   add       p = N(0,σ²)                     against  q = (1−r)·N(0,σ²) + r·N(−1,σ²)
 *   replace   p = (1−r)·N(0,σ²) + r·N(1,σ²)   against  q = (1−r)·N(0,σ²) + r·N(−1,σ²)
 *
 * with r the sampling rate. For neighbours by adding or removing both of the first two are due, and the worse counts.
 */

import { logNormalCdf } from "./gaussian.ts";

/** Which way neighbours differ. */
export type Direction = "remove" | "add" | "replace";

export interface PrivacyLoss {
  sampleRate: number;
  /** σ over the L2 sensitivity to one unit added or removed */
  sigma: number;
  /** ln p(x) */
  logDensity(x: number): number;
  /** ln P(X > x), rounded up by at most ln 2 */
  logTail(x: number): number;
  /** ℓ(x), nats */
  loss(x: number): number;
  /** δ(ε) of one answer: P(ℓ > ε) − e^ε·Q(ℓ > ε) (Balle & Wang 2018, Theorem 5) */
  delta(epsilon: number): number;
  /** x with ℓ(x) = loss; ±Infinity where ℓ does not come so far */
  inverse(loss: number): number;
  /** How far e^{ηℓ(x)}·p(x) has its bulk from that of p, in x, at most; at least 0 */
  shift(eta: number): number;
  /** The largest |η|, of η's sign, at which tilting by η still tells something; see pld.ts */
  largestTilt(sign: number): number;
}

const logNormalisation = (sigma: number) => -Math.log(sigma) - 0.5 * Math.log(2 * Math.PI);

/** @param q sampling rate in (0, 1] @param sigma > 0 */
export function privacyLoss(q: number, sigma: number, direction: Direction): PrivacyLoss {
  const square = sigma * sigma;
  const constant = logNormalisation(sigma);
  const logRest = Math.log1p(-q);
  const logQ = Math.log(q);
  /** ln((1−q) + q·e^u), near 0 and far from it each in the form that keeps its digits */
  const logMixture = (u: number): number => {
    if (u > 30) return u + Math.log(q + (1 - q) * Math.exp(-u));
    return u > -0.5 ? Math.log1p(q * Math.expm1(u)) : Math.log(1 - q + q * Math.exp(u));
  };
  /** u with logMixture(u) = t */
  const inverseMixture = (t: number): number => {
    if (t <= logRest) return -Infinity;
    if (t > 30) return t - logQ + Math.log1p(-(1 - q) * Math.exp(-t));
    return t > -0.5 ? Math.log1p(Math.expm1(t) / q) : Math.log(Math.exp(t) - (1 - q)) - logQ;
  };
  const exponent = (x: number) => (2 * x - 1) / (2 * square);
  const normal = (x: number) => constant - (x * x) / (2 * square);
  /** P(N(centre, σ²) > x) */
  const above = (x: number, centre = 0) => Math.exp(logNormalCdf((centre - x) / sigma));
  const mixtureTail = (x: number) =>
    Math.LN2 + Math.max(logRest + logNormalCdf(-x / sigma), logQ + logNormalCdf((1 - x) / sigma));
  // Towards its bounded side the loss gains at most −ln(1−q), and a Gaussian's tail gives way to no more than that.
  const towardsBound = (eta: number) =>
    Math.min(Math.abs(eta) + 1, sigma * Math.sqrt(-2 * (Math.abs(eta) + 1) * logRest));
  // Once η > 2σ²·ln(1/q), the moment is that of answers in which the unit surely was.
  const surely = 10 + 4 * square * -logQ + 80 * sigma;
  switch (direction) {
    case "remove":
      return {
        sampleRate: q,
        sigma,
        logDensity: (x) => normal(x) + logMixture(exponent(x)),
        logTail: mixtureTail,
        loss: (x) => logMixture(exponent(x)),
        delta: (epsilon) => {
          const x = 0.5 + square * inverseMixture(epsilon);
          return Math.max(0, q * above(x, 1) - (Math.expm1(epsilon) + q) * above(x));
        },
        inverse: (loss) => 0.5 + square * inverseMixture(loss),
        shift: (eta) => (eta > 0 ? eta : towardsBound(eta)),
        largestTilt: (sign) => (sign > 0 ? surely : Infinity),
      };
    case "add":
      return {
        sampleRate: q,
        sigma,
        logDensity: normal,
        logTail: (x) => logNormalCdf(-x / sigma),
        loss: (x) => -logMixture(exponent(-x)),
        delta: (epsilon) => {
          const x = -(0.5 + square * inverseMixture(-epsilon));
          if (!(x < Infinity)) return 0;
          return Math.max(0, above(x) - Math.exp(epsilon) * ((1 - q) * above(x) + q * above(x, -1)));
        },
        inverse: (loss) => -(0.5 + square * inverseMixture(-loss)),
        shift: (eta) => (eta > 0 ? towardsBound(eta) : -eta),
        largestTilt: (sign) => (sign > 0 ? Infinity : surely),
      };
    case "replace": {
      // (1−q + c·v)/(1−q + c/v) = e^loss with v = e^{x/σ²}, c = q·e^{−1/2σ²}: a quadratic in v; odd in x.
      const inverse = (loss: number): number => {
        if (q === 1) return (loss * square) / 2;
        // v = (b + √(b² + 4c²e^t))/2c with b = (1−q)(e^t − 1), both sides divided by e^t.
        const t = Math.abs(loss);
        const logC = logQ - 1 / (2 * square);
        const b = -(1 - q) * Math.expm1(-t);
        const root = Math.sqrt(b * b + 4 * Math.exp(2 * logC - t));
        return Math.sign(loss) * square * (t + Math.log((b + root) / 2) - logC);
      };
      return {
        sampleRate: q,
        sigma,
        logDensity: (x) => normal(x) + logMixture(exponent(x)),
        logTail: mixtureTail,
        loss: (x) => logMixture(exponent(x)) - logMixture(exponent(-x)),
        inverse,
        delta: (epsilon) => {
          const x = inverse(epsilon);
          const rest = (1 - q) * above(x);
          return Math.max(0, rest + q * above(x, 1) - Math.exp(epsilon) * (rest + q * above(x, -1)));
        },
        shift: (eta) => 2 * Math.abs(eta),
        largestTilt: () => surely,
      };
    }
  }
}
