/**
 * Rényi accountant of the Poisson-subsampled Gaussian (Mironov, Talwar & Zhang 2019, §3.3), add-or-remove-one.
 */
import { InputError } from "../../errors.ts";
import { epsilonOfRho } from "./zcdp.ts";

/** `count` answers of a Gaussian mechanism over a Poisson sample. */
export interface MechanismEvent {
  /** Noise's standard deviation over the L2 sensitivity */
  noiseMultiplier: number;
  /** Chance of each unit to be in the sample, [0, 1] */
  sampleRate: number;
  count: number;
}

/** 1.1 … 10.9 by tenths, 12 … 63, and a few large ones for tiny ε. */
export const orders: readonly number[] = [
  ...Array.from({ length: 99 }, (_, i) => 1 + (i + 1) / 10),
  ...Array.from({ length: 52 }, (_, i) => 12 + i),
  72,
  80,
  96,
  112,
  128,
  160,
  192,
  224,
  256,
  320,
  384,
  512,
  768,
  1024,
];

const curves = new Map<string, Float64Array>();

/** RDP of one answer at each of `orders`, nats. @throws InputError on a rate or multiplier out of range */
export function rdpCurve(noiseMultiplier: number, sampleRate: number): Float64Array {
  if (!(sampleRate >= 0 && sampleRate <= 1))
    throw new InputError("sampleRate", `is ${sampleRate}`, "Use a probability between 0 and 1.");
  if (!(noiseMultiplier >= 0))
    throw new InputError("noiseMultiplier", `is ${noiseMultiplier}`, "Use a number of at least 0.");
  const key = `${noiseMultiplier}/${sampleRate}`;
  const known = curves.get(key);
  if (known) return known;
  if (curves.size >= 256) curves.clear();
  const curve = Float64Array.from(orders, (order) => subsampledGaussian(sampleRate, noiseMultiplier, order));
  curves.set(key, curve);
  return curve;
}

/** RDP of order α of one Poisson-subsampled Gaussian answer. */
export function subsampledGaussian(q: number, sigma: number, alpha: number): number {
  if (q === 0) return 0;
  if (sigma === 0) return Infinity;
  if (q === 1) return alpha / (2 * sigma * sigma);
  const log = Number.isInteger(alpha) ? logMomentBinomial(q, sigma, alpha) : logMomentQuadrature(q, sigma, alpha);
  return Math.max(0, log / (alpha - 1));
}

/** ln Σ_i C(α,i)(1−q)^{α−i} q^i exp((i²−i)/2σ²), §3.3 for integer α. */
function logMomentBinomial(q: number, sigma: number, alpha: number): number {
  let logSum = -Infinity;
  let logBinomial = 0;
  for (let i = 0; i <= alpha; i++) {
    if (i > 0) logBinomial += Math.log(alpha - i + 1) - Math.log(i);
    const term = logBinomial + i * Math.log(q) + (alpha - i) * Math.log1p(-q) + (i * i - i) / (2 * sigma * sigma);
    logSum = logAdd(logSum, term);
  }
  return logSum;
}

/**
 * ln E_{x~N(0,σ²)}[((1−q) + q·exp((2x−1)/2σ²))^α], the definition itself, by the trapezoid rule: on an analytic integrand
 * that dies at both ends it converges exponentially. The published series for fractional α loses digits
 * (and dp_accounting sums absolute values there, which only bounds it).
 */
function logMomentQuadrature(q: number, sigma: number, alpha: number): number {
  const step = Math.min(sigma, sigma * sigma) / 16;
  const from = -14 * sigma;
  const to = alpha + 14 * sigma;
  let logSum = -Infinity;
  for (let x = from; x <= to; x += step) {
    const ratio = logAdd(Math.log1p(-q), Math.log(q) + (2 * x - 1) / (2 * sigma * sigma));
    logSum = logAdd(logSum, alpha * ratio - (x * x) / (2 * sigma * sigma));
  }
  return logSum + Math.log(step) - Math.log(sigma) - 0.5 * Math.log(2 * Math.PI);
}

function logAdd(a: number, b: number): number {
  if (a === -Infinity) return b;
  const high = Math.max(a, b);
  return high + Math.log1p(Math.exp(Math.min(a, b) - high));
}

/**
 * ε at δ of all events together: RDP adds up order by order, then ε = r + ln(1 − 1/α) − ln(δα)/(α − 1) at the best order
 * (Canonne, Kamath & Steinke 2020, Prop. 12). Plain Gaussians are composed exactly as zCDP.
 * @returns Infinity where there is no noise or δ is 0; 0 for no events
 */
export function epsilonOf(events: readonly MechanismEvent[], delta: number): number {
  const counted = events.filter((e) => e.count > 0 && e.sampleRate !== 0);
  if (counted.length === 0) return 0;
  if (counted.every((e) => e.sampleRate === 1)) {
    return epsilonOfRho(
      counted.reduce((rho, e) => rho + e.count / (2 * e.noiseMultiplier ** 2), 0),
      delta,
    );
  }
  const total = new Float64Array(orders.length);
  for (const { noiseMultiplier, sampleRate, count } of counted) {
    const curve = rdpCurve(noiseMultiplier, sampleRate);
    for (let i = 0; i < total.length; i++) total[i] = total[i]! + count * curve[i]!;
  }
  return orders.reduce((best, order, i) => Math.min(best, convert(order, total[i]!, delta)), Infinity);
}

/** CKS 2020, Prop. 12; never below 0. */
export function convert(order: number, rdp: number, delta: number): number {
  if (!(delta > 0)) return Infinity;
  return Math.max(0, rdp + Math.log1p(-1 / order) - Math.log(delta * order) / (order - 1));
}
