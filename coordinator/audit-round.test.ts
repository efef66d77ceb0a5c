/** Canary participants through whole rounds: the audit's own test, since it needs room and phases. */
import { expect, test } from "vitest";
import { auditCanaries } from "../shared/privacy/audit/canary.ts";
import { stepDimension } from "../shared/privacy/audit/inversion.ts";
import { type Build, realBuild } from "../shared/privacy/audit/mechanism.ts";
import { quietTwin } from "../shared/privacy/audit/twins.ts";
import { seededRandom } from "../shared/privacy/testing/seeded.ts";
import { roundsInMemory } from "./audit-round.ts";

const options = { canaries: 240, learners: 10, rounds: 2, noiseMultiplier: 0.65, delta: 1e-5, significance: 0.01 };

function audit(build: Build, seed: number, terms: typeof options) {
  const random = seededRandom(seed);
  return auditCanaries(build, random, roundsInMemory(random, terms.noiseMultiplier, stepDimension), terms);
}

test("canary participants in whole rounds find something, and never more than is claimed", {
  timeout: 60_000,
}, async () => {
  const found = await audit(realBuild, 1, options);
  expect(found.present.length + found.absent.length).toBe(240);
  expect(found.flagged).toBe(false);
  expect(found.oneRun).toBeGreaterThan(0.3);
  expect(found.oneRunGaussian).toBeGreaterThan(found.oneRun);
  expect(found.oneRunGaussian).toBeLessThan(found.claimed);
});

test("canaries betray a build that adds hardly any noise", { timeout: 60_000 }, async () => {
  const claim = { ...options, noiseMultiplier: 4 };
  expect((await audit(quietTwin, 2, claim)).flagged).toBe(true);
  expect((await audit(realBuild, 2, claim)).flagged).toBe(false);
});
