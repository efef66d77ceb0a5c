import { expect, test } from "vitest";
import { seededRandom } from "../testing/seeded.ts";
import { invertGradients } from "./inversion.ts";

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
