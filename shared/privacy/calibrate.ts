/** From a promise to the noise that keeps it. */
import { InputError } from "../errors.ts";
import { epsilonOf, type MechanismEvent } from "./accountants/rdp.ts";

/** Relative width at which the search stops; the larger end is taken, so the promise holds. */
const resolution = 1e-5;

/**
 * The smallest noise multiplier with which `count` answers, on top of `after`, cost at most ε at δ.
 * @throws InputError when `after` alone costs more
 */
export function noiseMultiplierFor(promise: {
  epsilon: number;
  delta: number;
  sampleRate: number;
  count: number;
  after?: readonly MechanismEvent[];
}): number {
  const { epsilon, delta, sampleRate, count, after = [] } = promise;
  const fits = (noiseMultiplier: number) =>
    epsilonOf([...after, { noiseMultiplier, sampleRate, count }], delta) <= epsilon;
  let high = 1;
  while (!fits(high)) {
    high *= 2;
    if (high > 2 ** 30) {
      throw new InputError(
        "epsilon",
        `of ${epsilon} at δ = ${delta} cannot be kept with any noise`,
        "Raise epsilon or delta, or ask fewer questions.",
      );
    }
  }
  let low = high / 2;
  while (low > 1e-3 && fits(low)) low /= 2;
  while (high / low > 1 + resolution) {
    const middle = Math.sqrt(low * high);
    if (fits(middle)) high = middle;
    else low = middle;
  }
  return high;
}
