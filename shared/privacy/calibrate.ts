/** From a promise to the noise that keeps it. */
import { InputError } from "../errors.ts";
import { epsilonOf, type MechanismEvent } from "./accountants/rdp.ts";

/** Relative width at which the search stops; the larger end is taken, so the promise holds. */
const resolution = 1e-5;

/** Less noise than this is none; an ε that would allow it is beyond meaning. */
const leastMultiplier = 2 ** -10;

const mostNoise = 2 ** 60;

/**
 * The smallest noise multiplier that `keeps` a promise, to 1e-5 relative, rounded up.
 * @param keeps true from some multiplier on
 * @returns undefined where no noise keeps it
 */
export function smallestNoise(keeps: (noiseMultiplier: number) => boolean): number | undefined {
  let high = 1;
  while (!keeps(high)) {
    high *= 2;
    if (high > mostNoise) return undefined;
  }
  let low = high / 2;
  while (low > leastMultiplier && keeps(low)) {
    high = low;
    low /= 2;
  }
  while (high / low > 1 + resolution) {
    const middle = Math.sqrt(low * high);
    if (keeps(middle)) high = middle;
    else low = middle;
  }
  return high;
}

/**
 * The smallest noise multiplier whose `cost` is at most ε, to 1e-6 relative, rounded up: as `smallestNoise`, by secants
 * of ln cost over ln multiplier, for accountants that take their time.
 * @param cost ε, falling with the multiplier
 */
export function leastNoise(cost: (noiseMultiplier: number) => number, epsilon: number): number | undefined {
  const excess = (log: number) => Math.log(cost(Math.exp(log)) / epsilon);
  let [low, high] = [0, 0];
  let [above, below] = [excess(0), excess(0)];
  // Brackets the answer: too much is spent at `low`, not too much at `high`.
  for (let stride = Math.LN2; below > 0; stride *= 2) {
    if (high > Math.log(mostNoise)) return undefined;
    [low, above] = [high, below];
    high += stride;
    below = excess(high);
  }
  while (!(above > 0)) {
    if (low < Math.log(leastMultiplier)) return Math.exp(low);
    [high, below] = [low, above];
    low -= Math.LN2;
    above = excess(low);
  }
  while (high - low > 1e-6) {
    // Regula falsi, kept off the ends, so that both move.
    const slope = above < Infinity && below > -Infinity ? above / (above - below) : 0.5;
    const middle = low + (high - low) * Math.min(0.95, Math.max(0.05, slope));
    const found = excess(middle);
    if (found > 0) [low, above] = [middle, found];
    else [high, below] = [middle, found];
    // A step beyond the root closes the bracket at once.
    const near = found > 0 ? middle + (high - low) * 1e-3 : middle - (high - low) * 1e-3;
    const there = Math.abs(found) < 1e-3 ? excess(near) : Number.NaN;
    if (there > 0 && near > low) [low, above] = [near, there];
    else if (there <= 0 && near < high) [high, below] = [near, there];
  }
  return Math.exp(high);
}

/** The smallest δ whose ε by `cost` is at most the one given, to 1e-9 relative, rounded up; `cost` falls with δ. */
export function leastDelta(cost: (delta: number) => number, epsilon: number): number {
  let [low, high] = [Math.log(1e-300), 0];
  if (cost(Math.exp(low)) <= epsilon) return Math.exp(low);
  while (high - low > 1e-9) {
    const middle = (low + high) / 2;
    if (cost(Math.exp(middle)) <= epsilon) high = middle;
    else low = middle;
  }
  return Math.exp(high);
}

/**
 * The smallest noise multiplier with which `count` answers, on top of `after`, cost at most ε at δ.
 * @throws InputError when a figure is out of range or `after` alone costs more than ε
 */
export function noiseMultiplierFor(promise: {
  epsilon: number;
  delta: number;
  sampleRate: number;
  count: number;
  after?: readonly MechanismEvent[];
}): number {
  const { epsilon, delta, sampleRate, count, after = [] } = promise;
  if (!(epsilon > 0)) throw new InputError("epsilon", `is ${epsilon}`, "Use a number above 0.");
  if (!(delta > 0 && delta < 1)) throw new InputError("delta", `is ${delta}`, "Use a number between 0 and 1.");
  const found = smallestNoise(
    (noiseMultiplier) => epsilonOf([...after, { noiseMultiplier, sampleRate, count }], delta) <= epsilon,
  );
  if (found === undefined) {
    throw new InputError(
      "epsilon",
      `of ${epsilon} at δ = ${delta} cannot be kept with any noise: what was asked before costs ${epsilonOf(after, delta)}`,
      "Raise epsilon or delta, or ask fewer questions.",
    );
  }
  return found;
}
