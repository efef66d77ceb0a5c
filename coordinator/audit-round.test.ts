/** Whole rounds in memory: canary participants, and a sum that must not be read. */
import { expect, test } from "vitest";
import { auditCanaries } from "../shared/privacy/audit/canary.ts";
import { stepDimension } from "../shared/privacy/audit/inversion.ts";
import { type Build, realBuild } from "../shared/privacy/audit/mechanism.ts";
import { quietTwin } from "../shared/privacy/audit/twins.ts";
import { addNoise } from "../shared/privacy/discrete-gaussian.ts";
import { seededRandom } from "../shared/privacy/testing/seeded.ts";
import { roundsInMemory } from "./audit-round.ts";

const options = { canaries: 240, learners: 10, rounds: 2, noiseMultiplier: 0.65, delta: 1e-5, significance: 0.01 };

function audit(build: Build, seed: number, terms: typeof options) {
  const random = seededRandom(seed);
  return auditCanaries(build, random, roundsInMemory(random, terms.noiseMultiplier, stepDimension), terms);
}

test("canary participants in whole rounds find something, and never more than is claimed", async () => {
  const found = await audit(realBuild, 1, options);
  expect(found.present.length + found.absent.length).toBe(240);
  expect(found.flagged).toBe(false);
  expect(found.oneRun).toBeGreaterThan(0.3);
  expect(found.oneRunGaussian).toBeGreaterThan(found.oneRun);
  expect(found.oneRunGaussian).toBeLessThan(found.claimed);
});

test("canaries betray a build that adds hardly any noise", async () => {
  const claim = { ...options, noiseMultiplier: 4 };
  expect((await audit(quietTwin, 2, claim)).flagged).toBe(true);
  expect((await audit(realBuild, 2, claim)).flagged).toBe(false);
});

test("[27] a sum that left its range is discarded, whoever's vector drove it there", async () => {
  const random = seededRandom(27);
  // Of four members one sends what is spread over all the range: of the sum as well, half lies beyond the middle half.
  let sent = 0;
  const wild: Build = {
    ...realBuild,
    noise: (vector, variance) =>
      sent++ === 2
        ? addNoise(vector.map(() => random.below(2 ** 20)) as typeof vector, 1n, random)
        : addNoise(vector, variance, random),
  };
  const vectors = Array.from({ length: 4 }, () => new Float64Array(stepDimension));
  const model = new Float64Array(stepDimension);
  const round = (build: Build) => roundsInMemory(random, 4, stepDimension)(build, vectors, model);
  await expect(round(realBuild)).resolves.toHaveLength(stepDimension);
  await expect(round(wild)).rejects.toThrow("sum-wrapped");
});
