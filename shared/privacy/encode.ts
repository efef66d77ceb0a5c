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
import { rotate, type Signs, unrotate } from "./hadamard.ts";
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
 * Clips each segment to its bound, scales to the grid, rotates, rounds at random, and rejects every rounding that leaves
 * the bound (Kairouz, Liu & Steinke 2021, Prop. 22: conditional rounding).
 *
 * @param vector [dimension], in the segments' own units
 * @param signs the round's public rotation
 * @throws InputError when a coordinate is NaN or infinite
 */
export function encodeParticipant(vector: Float64Array, layout: Layout, signs: Signs, random: RandomSource): Encoded {
  invariant(vector.length === layout.dimension, "an answer has the layout's dimension");
  const steps = inSteps(vector, layout);
  rotate(steps, signs);
  return roundWithin(steps, layout.sensitivity, random);
}

/** What a sum of participants' vectors says, in the segments' grids: the rotation is undone. */
export function decodeParticipants(sum: Float64Array, signs: Signs): Float64Array {
  const decoded = sum.slice();
  unrotate(decoded, signs);
  return decoded;
}

/** Each segment clipped to its bound, in grid steps. @throws InputError when a coordinate is NaN or infinite */
export function inSteps(vector: Float64Array, layout: Layout): Float64Array {
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
  return steps;
}

function roundWithin(steps: Float64Array, sensitivity: number, random: RandomSource): Encoded {
  const largest = BigInt(Math.floor(sensitivity ** 2));
  const integers = new Int32Array(steps.length);
  for (let attempt = 1; ; attempt++) {
    roundAtRandom(steps, integers, random);
    if (squaredNorm(integers) <= largest) return brand(integers);
    if (attempt % attemptsBeforeShrinking === 0) for (let i = 0; i < steps.length; i++) steps[i] = steps[i]! * 0.99;
  }
}

/** Up with the chance of the fraction, exactly: 32 bits of it at a time, as `RandomSource.bernoulli`, block by block. */
function roundAtRandom(steps: Float64Array, integers: Int32Array, random: RandomSource): void {
  for (let start = 0; start < steps.length; ) {
    const words = random.some(steps.length - start);
    const tied: number[] = [];
    for (let k = 0; k < words.length; k++) {
      const step = steps[start + k]!;
      const floor = Math.floor(step);
      const scaled = (step - floor) * 2 ** 32;
      const whole = Math.floor(scaled);
      const word = words[k]!;
      if (word === whole) tied.push(start + k);
      integers[start + k] = word < whole ? floor + 1 : floor;
    }
    words.fill(0);
    // A tie, once in 2^32, is left to the fraction's further digits.
    for (const i of tied) {
      const scaled = (steps[i]! - Math.floor(steps[i]!)) * 2 ** 32;
      if (random.bernoulli(scaled - Math.floor(scaled))) integers[i] = integers[i]! + 1;
    }
    start += words.length;
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
