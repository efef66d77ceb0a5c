import { expect, test } from "vitest";
import { InputError } from "../errors.ts";
import { BandedRelease, bandedSensitivity, toeplitzCoefficients, toeplitzSensitivity } from "./banded.ts";
import { seededRandom } from "./testing/seeded.ts";

/** Lower triangular Toeplitz matrix. */
const toeplitz = (c: ArrayLike<number>, size: number) =>
  Array.from({ length: size }, (_, i) => Array.from({ length: size }, (_, j) => (i >= j ? (c[i - j] ?? 0) : 0)));

test("the coefficients are those of 1/√(1 − x), cut off", () => {
  expect([...toeplitzCoefficients(5)]).toEqual([1, 1 / 2, 3 / 8, 5 / 16, 35 / 128]);
});

test.each([
  [12, 3, 3, 4],
  [12, 4, 5, 2],
  [20, 1, 4, 5],
])(
  "%i rounds, %i bands, separation %i, %i times: both ways to the sensitivity agree",
  (rounds, bands, minSeparation, most) => {
    const c = toeplitzCoefficients(bands);
    expect(toeplitzSensitivity(c, { rounds, minSeparation, most })).toBeCloseTo(
      bandedSensitivity(toeplitz(c, rounds), minSeparation, most),
      12,
    );
  },
);

test("without a least separation the strategy's columns overlap, and that is refused by name", () => {
  expect(() => bandedSensitivity(toeplitz([1, 0.5], 4), 1)).toThrow(InputError);
  expect(() => bandedSensitivity(toeplitz([1, 0.5], 4), 1)).toThrow(/^minSeparation: of 1/);
  expect(() => bandedSensitivity([[1, 2]], 1)).toThrow(/^matrix/);
});

/** T = 500, b = 25, k = 20: the worst prefix sum's error against independent noise for as many participations. */
test("correlated noise leaves 3.7 times less error in the worst prefix sum than independent noise", () => {
  const [rounds, bands, most] = [500, 25, 20];
  const c = toeplitzCoefficients(bands);
  const sensitivity = toeplitzSensitivity(c, { rounds, minSeparation: bands, most });
  // Rows of C⁻¹, then of A·C⁻¹, by their first column: both are Toeplitz.
  const inverse = new Float64Array(rounds);
  for (let i = 0; i < rounds; i++) {
    inverse[i] = i === 0 ? 1 : 0;
    for (let k = 1; k < bands && k <= i; k++) inverse[i] = inverse[i]! - c[k]! * inverse[i - k]!;
  }
  let [prefix, square] = [0, 0];
  for (const x of inverse) {
    prefix += x;
    square += prefix * prefix;
  }
  expect(Math.sqrt(square) * sensitivity).toBeCloseTo(26.9, 0);
  expect(Math.sqrt(most * rounds)).toBeCloseTo(100, 9);
});

/** 3,000 runs of 6 rounds; five standard errors, false alarm 6e-7 a figure. */
test("what is released is C⁻¹(C·x + z): x comes through, C·(release − x) is independent of deviation z·sensitivity", () => {
  const [rounds, bands, runs] = [6, 3, 3000];
  const c = toeplitzCoefficients(bands);
  const participation = { rounds, minSeparation: 3, most: 2 };
  const noise: number[][] = Array.from({ length: rounds }, () => []);
  const options = { bands, participation, sensitivity: 7, dimension: 1, noiseMultiplier: 2 };
  const random = seededRandom(8);
  const sampler = Array.from({ length: runs }, () => new BandedRelease(options, random));
  for (const release of sampler) {
    const errors: number[] = [];
    for (let t = 0; t < rounds; t++) {
      errors.push(release.release(Float64Array.of(100 * t))[0]! - 100 * t);
      noise[t]!.push(errors.reduce((sum, e, i) => sum + (c[t - i] ?? 0) * e, 0));
    }
  }
  const deviation = 2 * 7 * toeplitzSensitivity(c, participation);
  for (let t = 0; t < rounds; t++) {
    const variance = noise[t]!.reduce((sum, e) => sum + e * e, 0) / runs;
    expect(Math.abs(variance / deviation ** 2 - 1)).toBeLessThan(5 * Math.sqrt(2 / runs));
    if (t > 0) {
      const covariance = noise[t]!.reduce((sum, e, i) => sum + e * noise[t - 1]![i]!, 0) / runs;
      expect(Math.abs(covariance) / deviation ** 2).toBeLessThan(5 / Math.sqrt(runs));
    }
  }
  const done = sampler[0]!;
  expect(() => done.release(Float64Array.of(1))).toThrow(/planned/);
});
