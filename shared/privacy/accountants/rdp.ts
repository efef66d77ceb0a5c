/**
 * Rényi accountant of the Poisson-subsampled Gaussian (Mironov, Talwar & Zhang 2019, §3.3), for neighbours that differ
 * by one unit added or removed. The divergence with the unit over without it is the larger of the two directions
 * (ibid., §3), so it is the only one computed.
 */
import { InputError } from "../../errors.ts";
import { epsilonOfRho } from "./zcdp.ts";

/** `count` answers of a Gaussian mechanism over a Poisson sample. */
export interface MechanismEvent {
  /** Noise's standard deviation over the L2 sensitivity, ≥ 0 */
  noiseMultiplier: number;
  /** Chance of each unit to be in the sample, [0, 1] */
  sampleRate: number;
  /** ≥ 0 */
  count: number;
}

const largeOrders = [72, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384, 512, 768, 1024];

/** Close to 1 for a large ε, by tenths where most optima lie, and a few large ones for a tiny ε. Any grid is valid. */
export const orders: readonly number[] = [
  ...Array.from({ length: 9 }, (_, i) => 1 + (i + 1) / 100),
  ...Array.from({ length: 99 }, (_, i) => 1 + (i + 1) / 10),
  ...Array.from({ length: 53 }, (_, i) => 11 + i),
  ...largeOrders,
];

/** Prop. 12's terms that depend on the order only, so that asking every round takes no logarithms. */
const conversionTerms = orders.map((order) => Math.log1p(-1 / order) - Math.log(order) / (order - 1));

const curves = new Map<string, Float64Array>();

/** RDP of one answer at each of `orders`, nats; kept, since a run asks for the same few again and again. */
export function rdpCurve({ noiseMultiplier, sampleRate }: Omit<MechanismEvent, "count">): Float64Array {
  const key = `${noiseMultiplier}/${sampleRate}`;
  const known = curves.get(key);
  if (known) return known;
  if (curves.size >= 256) curves.clear();
  const curve = Float64Array.from(orders, (order) => subsampledGaussian(sampleRate, noiseMultiplier, order));
  curves.set(key, curve);
  return curve;
}

/**
 * RDP of order α > 1 of one answer, nats. With A = E_{x~N(0,σ²)}[r^α], r = (1−q) + q·exp((2x−1)/2σ²), it is
 * ln A/(α − 1). Both sums below are of A − 1 and have no negative term, so a tiny q loses no digits.
 */
export function subsampledGaussian(q: number, sigma: number, alpha: number): number {
  if (q === 0 || sigma === Infinity) return 0;
  if (sigma === 0) return Infinity;
  if (q === 1) return alpha / (2 * sigma * sigma);
  return logMoment(q, sigma, alpha) / (alpha - 1);
}

/** ln A */
function logMoment(q: number, sigma: number, alpha: number): number {
  if (Number.isInteger(alpha)) return log1pExp(logExcessBinomial(q, sigma, alpha));
  if (sigma >= quadratureFrom) return log1pExp(logExcessQuadrature(q, sigma, alpha));
  // ln A is convex in α and 0 at 1 (it is a cumulant generating function), so the chord is an upper bound.
  const below = Math.floor(alpha);
  const left = below === 1 ? 0 : logMoment(q, sigma, below);
  return (1 - (alpha - below)) * left + (alpha - below) * logMoment(q, sigma, below + 1);
}

/** ln Σ_{i≥2} C(α,i)(1−q)^{α−i} q^i (exp((i²−i)/2σ²) − 1): §3.3's sum less Σ C(α,i)(1−q)^{α−i} q^i = 1. */
function logExcessBinomial(q: number, sigma: number, alpha: number): number {
  const [logQ, logRest] = [Math.log(q), Math.log1p(-q)];
  let logSum = -Infinity;
  let logBinomial = Math.log(alpha);
  for (let i = 2; i <= alpha; i++) {
    logBinomial += Math.log((alpha - i + 1) / i);
    const exponent = (i * i - i) / (2 * sigma * sigma);
    logSum = logAdd(logSum, logBinomial + i * logQ + (alpha - i) * logRest + logExpm1(exponent));
  }
  return logSum;
}

/** Below this σ a step of the quadrature would be too fine to be quick, and ε is too large to mean anything. */
const quadratureFrom = 0.1;

/**
 * ln E[r^α − 1 − α(r − 1)], which is ln(A − 1) since E[r] = 1, by the trapezoid rule. The integrand is analytic up to
 * |Im x| = πσ², where r = 0, and dies like a Gaussian at both ends: with these steps the rule is off by less than e^−37
 * of E[r^α]. Mironov et al.'s series for fractional α alternates and loses digits (dp_accounting adds absolute values
 * there, which only bounds it).
 */
function logExcessQuadrature(q: number, sigma: number, alpha: number): number {
  const step = Math.min(sigma / 4, (sigma * sigma) / 2);
  const from = -14 * sigma;
  const to = alpha + 14 * sigma;
  let logSum = -Infinity;
  for (let x = from; x <= to; x += step) {
    const excess = logExcess(q, (2 * x - 1) / (2 * sigma * sigma), alpha);
    logSum = logAdd(logSum, excess - (x * x) / (2 * sigma * sigma));
  }
  return logSum + Math.log(step / sigma) - 0.5 * Math.log(2 * Math.PI);
}

/** ln(r^α − 1 − α(r − 1)) for r = 1 + q(e^u − 1). */
function logExcess(q: number, u: number, alpha: number): number {
  if (u < 40) {
    const change = q * Math.expm1(u);
    return Math.log(Math.max(0, Math.expm1(alpha * Math.log1p(change)) - alpha * change));
  }
  const logPower = alpha * (u + Math.log(q + (1 - q) * Math.exp(-u)));
  const logLinear = u + Math.log(alpha * q + (1 - alpha * q) * Math.exp(-u));
  return logPower + Math.log1p(-Math.exp(logLinear - logPower));
}

const logExpm1 = (x: number): number => (x > 40 ? x : Math.log(Math.expm1(x)));

const log1pExp = (x: number): number => (x > 40 ? x : Math.log1p(Math.exp(x)));

function logAdd(a: number, b: number): number {
  const high = Math.max(a, b);
  return Math.abs(high) === Infinity ? high : high + Math.log1p(Math.exp(Math.min(a, b) - high));
}

/**
 * ε at δ of all events together: RDP adds up order by order, also when later answers depend on earlier ones, and the
 * best order is converted. Without sampling ρ-zCDP does the same over all real orders at once; sampling never costs
 * more than its absence, so that ε bounds every composition.
 *
 * @returns Infinity where there is no noise or δ is not above 0; 0 for no events
 * @throws InputError on a rate, multiplier or count out of range
 */
export function epsilonOf(events: readonly MechanismEvent[], delta: number): number {
  for (const event of events) checkEvent(event);
  const counted = events.filter((e) => e.count > 0 && e.sampleRate > 0);
  if (counted.length === 0) return 0;
  const rho = counted.reduce((sum, e) => sum + e.count / (2 * e.noiseMultiplier ** 2), 0);
  const unsampled = epsilonOfRho(rho, delta);
  if (!(delta > 0)) return Infinity;
  if (counted.every((e) => e.sampleRate === 1)) return unsampled;
  const total = new Float64Array(orders.length);
  for (const event of counted) {
    const curve = rdpCurve(event);
    for (let i = 0; i < total.length; i++) total[i] = total[i]! + event.count * curve[i]!;
  }
  const logDelta = Math.log(delta);
  let best = unsampled;
  for (let i = 0; i < total.length; i++)
    best = Math.min(best, total[i]! + conversionTerms[i]! - logDelta / (orders[i]! - 1));
  return Math.max(0, best);
}

export function checkEvent({ noiseMultiplier, sampleRate, count }: MechanismEvent): void {
  if (!(noiseMultiplier >= 0))
    throw new InputError("noiseMultiplier", `is ${noiseMultiplier}`, "Use a number of at least 0.");
  if (!(sampleRate >= 0 && sampleRate <= 1))
    throw new InputError("sampleRate", `is ${sampleRate}`, "Use a probability between 0 and 1.");
  if (!(count >= 0 && count < Infinity)) throw new InputError("count", `is ${count}`, "Use a number of at least 0.");
}

/** ε = r + ln(1 − 1/α) − ln(δα)/(α − 1), never below 0 (Canonne, Kamath & Steinke 2020, Prop. 12). */
export function convert(order: number, rdp: number, delta: number): number {
  if (!(delta > 0)) return Infinity;
  return Math.max(0, rdp + Math.log1p(-1 / order) - Math.log(delta * order) / (order - 1));
}
