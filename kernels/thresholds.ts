/** Thresholds in the precision of the logits they are compared with. */
import { InputError } from "../shared/errors.ts";

const largest = 3.4028234663852886e38;

/**
 * The smallest f32 ≥ each threshold, so that `z ≥ threshold` says the same of an f32 logit in both precisions.
 * Infinite ones become the largest finite f32, as WGSL knows no infinity.
 */
export function thresholdsAbove(thresholds: number[]): Float32Array<ArrayBuffer> {
  return Float32Array.from(thresholds, (threshold, i) => {
    if (Number.isNaN(threshold)) throw new InputError(`thresholds[${i}]`, "is NaN", "Use a logit.");
    const wanted = Math.min(largest, Math.max(-largest, threshold));
    const rounded = Math.fround(wanted);
    return rounded >= wanted ? rounded : nextUp(rounded);
  });
}

/** The next f32 above: bit patterns order the floats of one sign. */
function nextUp(value: number): number {
  if (value === 0) return 2 ** -149;
  const bits = new Int32Array(Float32Array.of(value).buffer);
  bits[0] = bits[0]! + (value > 0 ? 1 : -1);
  return new Float32Array(bits.buffer)[0]!;
}
