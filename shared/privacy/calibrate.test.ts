import fc from "fast-check";
import { expect, test } from "vitest";
import { epsilonOf } from "./accountants/rdp.ts";
import { noiseMultiplierFor, smallestNoise } from "./calibrate.ts";

test("the multiplier keeps the promise, and one a ten-thousandth smaller does not", () => {
  fc.assert(
    fc.property(
      fc.double({ min: 0.3, max: 20, noNaN: true }),
      fc.constantFrom(1e-4, 1e-5, 1e-7),
      fc.constantFrom(1, 0.3, 0.01),
      fc.integer({ min: 1, max: 500 }),
      fc.boolean(),
      (epsilon, delta, sampleRate, count, afterProfile) => {
        const after = afterProfile
          ? [
              {
                noiseMultiplier: noiseMultiplierFor({ epsilon: epsilon / 10, delta, sampleRate: 1, count: 1 }),
                sampleRate: 1,
                count: 1,
              },
            ]
          : [];
        const noiseMultiplier = noiseMultiplierFor({ epsilon, delta, sampleRate, count, after });
        const cost = (z: number) => epsilonOf([...after, { noiseMultiplier: z, sampleRate, count }], delta);
        expect(cost(noiseMultiplier)).toBeLessThanOrEqual(epsilon);
        expect(cost(noiseMultiplier * (1 - 1e-4))).toBeGreaterThan(epsilon);
      },
    ),
    { seed: 22, numRuns: 12 },
  );
});

test("a tiny ε needs a lot of noise and gets it", () => {
  const noiseMultiplier = noiseMultiplierFor({ epsilon: 1e-4, delta: 1e-6, sampleRate: 0.1, count: 10 });
  expect(noiseMultiplier).toBeGreaterThan(1e3);
});

test("what no noise can keep is refused, with the field that is wrong", () => {
  const promise = { epsilon: 1, delta: 1e-5, sampleRate: 1, count: 1 };
  const after = [{ noiseMultiplier: 1, sampleRate: 1, count: 1 }];
  expect(() => noiseMultiplierFor({ ...promise, after })).toThrow(/^epsilon: of 1 .* cannot be kept/);
  expect(() => noiseMultiplierFor({ ...promise, epsilon: 0 })).toThrow(/^epsilon/);
  expect(() => noiseMultiplierFor({ ...promise, epsilon: Number.NaN })).toThrow(/^epsilon/);
  expect(() => noiseMultiplierFor({ ...promise, delta: 0 })).toThrow(/^delta/);
  expect(() => noiseMultiplierFor({ ...promise, delta: 1 })).toThrow(/^delta/);
  expect(() => noiseMultiplierFor({ ...promise, sampleRate: 2 })).toThrow(/^sampleRate/);
  expect(() => noiseMultiplierFor({ ...promise, count: -1 })).toThrow(/^count/);
});

test("the search ends, whatever it is asked", () => {
  expect(smallestNoise(() => false)).toBeUndefined();
  expect(smallestNoise(() => true)).toBeLessThan(1e-3);
  expect(smallestNoise((z) => z >= 77)).toBeCloseTo(77, 2);
  expect(smallestNoise((z) => z >= 0.77)).toBeGreaterThanOrEqual(0.77);
});
