import { expect, it } from "vitest";
import { occlusion, patches } from "./occlusion.ts";

it.each([1, 3] as const)("finds where the score comes from, and nowhere else (%d channels)", async (channels) => {
  const shape = { column: "image", width: 14, height: 28, channels };
  const at = (x: number, y: number, c = 0) => (y * shape.width + x) * channels + c;
  const pixels = new Float32Array(14 * 28 * channels);
  // One bright spot, in the patch of row 2 and column 5.
  pixels.fill(1, at(10, 9), at(11, 9) + channels);
  const score = async (images: Float32Array) =>
    Array.from({ length: images.length / pixels.length }, (_, i) => images[i * pixels.length + at(10, 9)]!);
  const found = await occlusion(pixels, shape, score);
  expect(found).toHaveLength(patches * patches);
  const strongest = found.indexOf(Math.max(...found));
  expect([Math.floor(strongest / patches), strongest % patches]).toEqual([2, 5]);
  expect(found.filter((weight) => weight !== 0)).toHaveLength(1);
});

it("an image with fewer pixels than patches is covered as well", async () => {
  const shape = { column: "image", width: 4, height: 4, channels: 1 as const };
  const pixels = Float32Array.from({ length: 16 }, (_, i) => i / 16);
  let asked = 0;
  await occlusion(pixels, shape, async (images) => {
    asked = images.length / 16;
    for (let i = 1; i < asked; i++)
      expect(images.subarray(i * 16, (i + 1) * 16).some((x, at) => x !== pixels[at])).toBe(true);
    return new Array(asked).fill(0);
  });
  expect(asked).toBe(50);
});
