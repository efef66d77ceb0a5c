/** An image as a cell of a table, and as what a model reads: a byte a channel, pixel by pixel, row by row. */

export interface ImageShape {
  /** Of the table */
  column: string;
  width: number;
  height: number;
  channels: 1 | 3;
}

/** Bytes of one image; as many numbers does the model read. */
export const imageLength = ({ width, height, channels }: Omit<ImageShape, "column">): number =>
  width * height * channels;

/** The bytes as base64, which a CSV file can hold. */
export function imageCell(pixels: Uint8Array): string {
  // All at once would be more arguments than a call may have.
  let binary = "";
  for (const byte of pixels) binary += String.fromCharCode(byte);
  return btoa(binary);
}

/** As the model reads them: 0 … 1. */
export const pixelInputs = (pixels: Uint8Array): Float32Array<ArrayBuffer> =>
  Float32Array.from(pixels, (byte) => byte / 255);

/** Undefined where the cell is no image of this shape. */
export function imageOf(cell: string, shape: ImageShape): Uint8Array | undefined {
  let binary: string;
  try {
    binary = atob(cell);
  } catch {
    return undefined;
  }
  return binary.length === imageLength(shape) ? Uint8Array.from(binary, (c) => c.charCodeAt(0)) : undefined;
}
