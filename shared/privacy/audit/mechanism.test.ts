import { expect, test } from "vitest";
import { seededRandom } from "../testing/seeded.ts";
import { type AuditOptions, auditMechanism, type Build, realBuild } from "./mechanism.ts";
import { type TwinName, twins } from "./twins.ts";

const options: AuditOptions = { noiseMultiplier: 1, delta: 1e-5, trials: 3000, significance: 0.01 };

/**
 * G7. False alarms: the canary's μ is 3 % below the claim (Δ̂ over the clip norm), so a correct build is flagged about once
 * in 10^5 seeds; a twin escapes about once in 10^7. `murmur audit --repeat 100` runs as many as the goal asks for.
 */
test.each([1, 2, 3])("the real build is not flagged (seed %i), and its bound is not idle", async (seed) => {
  const audit = await auditMechanism(realBuild, seededRandom(seed), options);
  expect(audit.flagged).toBe(false);
  expect(audit.lowerBound).toBeLessThanOrEqual(audit.claimed);
  expect(audit.lowerBound).toBeGreaterThan(0.6 * audit.claimed);
  expect(audit.sensitivity.largest).toBeLessThanOrEqual(audit.sensitivity.bound);
});

test.each(Object.keys(twins) as TwinName[])("the twin %s is caught", async (name) => {
  for (const seed of [1, 2]) {
    const audit = await auditMechanism(twins[name], seededRandom(seed), options);
    expect(audit.flagged).toBe(true);
    expect(audit.lowerBound).toBeGreaterThan(audit.claimed);
  }
});

test("8.30 noise in wrong units, too small by the grid's scale as in Dordis, is caught", async () => {
  const wrongUnits: Build = {
    ...realBuild,
    noise: (vector, variance, random) => realBuild.noise(vector, variance / 100n, random),
  };
  expect((await auditMechanism(wrongUnits, seededRandom(1), options)).flagged).toBe(true);
});
