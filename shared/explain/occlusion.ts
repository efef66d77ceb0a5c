/**
 * Where in an image the model looks: what is lost of a probability when a patch is greyed out (Zeiler & Fergus 2014,
 * section 4.2).
 */
import type { ImageShape } from "../data/images.ts";

/** Patches in each direction. */
export const patches = 7;

/**
 * @param pixels of one image, 0 … 1
 * @param score probabilities of several images, one behind the other
 * @returns [patches, patches] row by row, what each patch adds to the probability
 */
export async function occlusion(
  pixels: Float32Array,
  { width, height, channels }: ImageShape,
  score: (images: Float32Array) => Promise<ArrayLike<number>>,
): Promise<number[]> {
  const mean = pixels.reduce((sum, value) => sum + value, 0) / pixels.length;
  const count = patches * patches;
  const images = new Float32Array((count + 1) * pixels.length);
  images.set(pixels);
  for (let patch = 0; patch < count; patch++) {
    const image = images.subarray((patch + 1) * pixels.length, (patch + 2) * pixels.length);
    image.set(pixels);
    const [top, bottom] = sideOf(Math.floor(patch / patches), height);
    const [left, right] = sideOf(patch % patches, width);
    for (let y = top; y < bottom; y++) image.fill(mean, (y * width + left) * channels, (y * width + right) * channels);
  }
  const scores = await score(images);
  return Array.from({ length: count }, (_, patch) => scores[0]! - scores[patch + 1]!);
}

/** First pixel of a patch, and the one behind its last; neighbours share one where there are fewer pixels than patches. */
const sideOf = (at: number, pixels: number): [number, number] => [
  Math.floor((at * pixels) / patches),
  Math.ceil(((at + 1) * pixels) / patches),
];
