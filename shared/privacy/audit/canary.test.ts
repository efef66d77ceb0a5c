import { expect, test } from "vitest";
import { seededRandom } from "../testing/seeded.ts";
import { auditCanaries } from "./canary.ts";
import { invertGradients } from "./inversion.ts";
import { realBuild } from "./mechanism.ts";
import { quietTwin, twins } from "./twins.ts";

const options = { canaries: 400, learners: 20, rounds: 3, noiseMultiplier: 0.8, delta: 1e-5, significance: 0.01 };

test("canary participants find something, and never more than is claimed", async () => {
  const audit = await auditCanaries(realBuild, seededRandom(1), options);
  expect(audit.present.length + audit.absent.length).toBe(400);
  expect(audit.flagged).toBe(false);
  expect(audit.oneRun).toBeGreaterThan(0.3);
  expect(audit.oneRunGaussian).toBeGreaterThan(audit.oneRun);
  expect(audit.oneRunGaussian).toBeLessThan(audit.claimed);
});

test("canaries betray a build that adds hardly any noise, or does not clip", async () => {
  const claim = { ...options, noiseMultiplier: 4 };
  expect((await auditCanaries(quietTwin, seededRandom(2), claim)).flagged).toBe(true);
  expect((await auditCanaries(realBuild, seededRandom(2), claim)).flagged).toBe(false);
  // Unit vectors are within the bound, so clipping is no loss to them.
  expect((await auditCanaries(twins.clippingOff, seededRandom(2), claim)).flagged).toBe(false);
});

test("a bare update is the picture, a sum a mixture, and noise leaves nothing", async () => {
  const { target, reconstructions } = await invertGradients(seededRandom(3), {
    sizes: [1, 2, 10, 100],
    noiseMultiplier: 4,
  });
  const psnr = reconstructions.map((r) => r.psnr);
  expect(target.some((x) => x > 0.5)).toBe(true);
  expect(psnr[0]).toBeGreaterThan(25);
  expect(psnr[1]).toBeLessThan(psnr[0]!);
  expect(psnr[3]).toBeLessThan(psnr[0]! - 5);
  expect(psnr[4]).toBeLessThan(8);
  expect(reconstructions.at(-1)).toMatchObject({ of: 100, noised: true });
});
