/** From a promise to the noise that keeps it. */
import { InputError } from "../errors.ts";
import { epsilonOf, type MechanismEvent } from "./accountants/rdp.ts";

/** Relative width at which the search stops; the larger end is taken, so the promise holds. */
const resolution = 1e-5;

/** Less noise than this is none; an ε that would allow it is beyond meaning. */
const leastNoise = 2 ** -10;

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
  while (low > leastNoise && keeps(low)) {
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
