/** Image files as pixels of the size a task reads: cut to their middle, scaled, and nothing of it leaves the worker. */
import { type ImageShape, imageCell, imageOf } from "../../shared/data/images.ts";
import type { Chosen } from "./gather.ts";

/** ITU-R BT.601: what the eye makes of red, green and blue. */
const luma = [0.299, 0.587, 0.114] as const;

/** Undefined where the browser knows no such image. */
async function decode(
  file: Blob,
  { width, height, channels }: ImageShape,
  canvas: OffscreenCanvas,
): Promise<Uint8Array | undefined> {
  const bitmap = await createImageBitmap(file).catch(() => undefined);
  if (!bitmap) return undefined;
  const context = canvas.getContext("2d", { willReadFrequently: true })!;
  const scale = Math.min(bitmap.width / width, bitmap.height / height);
  const [across, down] = [scale * width, scale * height];
  context.imageSmoothingQuality = "high";
  context.clearRect(0, 0, width, height);
  context.drawImage(bitmap, (bitmap.width - across) / 2, (bitmap.height - down) / 2, across, down, 0, 0, width, height);
  bitmap.close();
  const { data } = context.getImageData(0, 0, width, height);
  const pixels = new Uint8Array(width * height * channels);
  for (let i = 0; i < width * height; i++) {
    const [r, g, b] = data.subarray(4 * i, 4 * i + 3) as unknown as [number, number, number];
    if (channels === 1) pixels[i] = Math.round(luma[0] * r + luma[1] * g + luma[2] * b);
    else pixels.set([r, g, b], 3 * i);
  }
  return pixels;
}

/**
 * A table's cells that name an image become its pixels; those that hold pixels already stay, and so do those that say
 * neither, to be told of by row.
 * @param onProgress told of how many are done
 */
export async function fillImages(
  records: readonly Record<string, string>[],
  images: ReadonlyMap<Chosen["path"], Blob>,
  shape: ImageShape,
  onProgress: (done: number) => void,
): Promise<Record<string, string>[]> {
  const canvas = new OffscreenCanvas(shape.width, shape.height);
  // A table names images from where it lies, or by their last name alone; a name that two have says nothing.
  const byEnding = new Map<string, Blob | undefined>();
  for (const [path, file] of images) {
    const parts = path.split("/");
    for (const [i] of parts.entries()) {
      const ending = parts.slice(i).join("/");
      byEnding.set(ending, byEnding.has(ending) ? undefined : file);
    }
  }
  const filled: Record<string, string>[] = [];
  for (const [i, record] of records.entries()) {
    const name = (record[shape.column] ?? "").trim().replace(/^\.?\//, "");
    const file = images.get(name) ?? byEnding.get(name);
    const pixels = file && !imageOf(name, shape) ? await decode(file, shape, canvas) : undefined;
    filled.push(pixels ? { ...record, [shape.column]: imageCell(pixels) } : record);
    onProgress(i + 1);
  }
  return filled;
}
