/**
 * From numbers to integers that keep the layout's bound: the last step before noise.
 *
 * Formal guarantees
 * - record: `encodeRecordSum` takes integers that are a sum over rows; each row's share has L2 norm ≤ Δ̂ by
 *   construction (layout.ts), so the sums with and without a row differ by at most Δ̂.
 * - participant: `encodeParticipant` returns q with ‖q‖₂ ≤ Δ̂, checked exactly on the integers, for every input
 *   whatever (NaN and infinities are refused). Zero-out adjacency: with and without the tab, the sums differ by q.
 *
 * What it does not promise: a bound on how many rows a tab holds, or on what a dishonest tab sends.
 */
import { InputError, invariant } from "../errors.ts";
import type { Layout } from "../questions/layout.ts";
import type { RandomSource } from "./random.ts";
import type { Encoded } from "./stages.ts";

/** Integers already exact per row; see kernels/private-sum. */
export function encodeRecordSum(integers: Int32Array, layout: Layout): Encoded {
  invariant(integers.length === layout.dimension, "an answer has the layout's dimension");
  return brand(integers);
}

/** Roundings tried before the vector is shrunk: each fails with probability below 1 − e^{−1/2}, so 64 never do. */
const attemptsBeforeShrinking = 64;

/**
 * Clips each segment to its bound, scales to the grid, rounds at random,
 * and rejects every rounding that leaves the bound (Kairouz, Liu & Steinke 2021, Prop. 22: conditional rounding).
 *
 * @param vector [dimension], in the segments' own units
 * @throws InputError when a coordinate is NaN or infinite
 */
export function encodeParticipant(vector: Float64Array, layout: Layout, random: RandomSource): Encoded {
  invariant(vector.length === layout.dimension, "an answer has the layout's dimension");
  const steps = new Float64Array(layout.dimension);
  for (const { name, offset, length, unit, bound } of layout.segments) {
    let square = 0;
    for (let i = offset; i < offset + length; i++) {
      if (!Number.isFinite(vector[i]!)) {
        throw new InputError(
          name,
          `coordinate ${i - offset} is ${vector[i]}`,
          "The round ends for this tab; check the data and the learning rate.",
        );
      }
      square += vector[i]! ** 2;
    }
    // The sum of squares of huge values overflows to Infinity: then the factor is 0 and the segment is 0, within every bound.
    const factor = Math.min(1, bound / Math.sqrt(square)) * unit;
    for (let i = offset; i < offset + length; i++) steps[i] = square === 0 ? 0 : vector[i]! * factor;
  }
  const largest = BigInt(Math.floor(layout.sensitivity ** 2));
  const integers = new Int32Array(layout.dimension);
  for (let attempt = 1; ; attempt++) {
    for (let i = 0; i < integers.length; i++) {
      const floor = Math.floor(steps[i]!);
      integers[i] = floor + (random.bernoulli(steps[i]! - floor) ? 1 : 0);
    }
    if (squaredNorm(integers) <= largest) return brand(integers);
    if (attempt % attemptsBeforeShrinking === 0) for (let i = 0; i < steps.length; i++) steps[i] = steps[i]! * 0.99;
  }
}

/** Exact Σ qᵢ²: doubles hold integers below 2^53 only, so blocks are emptied into a BigInt before they reach it. */
export function squaredNorm(integers: Int32Array): bigint {
  let total = 0n;
  let block = 0;
  for (const q of integers) {
    const square = q * q;
    if (square > 2 ** 52) {
      total += BigInt(q) * BigInt(q);
      continue;
    }
    block += square;
    if (block > 2 ** 52) {
      total += BigInt(block);
      block = 0;
    }
  }
  return total + BigInt(block);
}

const brand = (integers: Int32Array): Encoded => integers as Encoded;
