/** The constants of wgsl/snippets/window.wgsl. */
import type { PlacedLayer } from "../layout.ts";

export function windowConstants({ input, inputShape, outputShape, size }: PlacedLayer): Record<string, number> {
  const [height, width, channels] = inputShape as [number, number, number];
  return {
    HEIGHT: height,
    WIDTH: width,
    CHANNELS: channels,
    X_ROW: input.stride,
    X_STRIDE: input.pixelStride,
    SIZE: size,
    OUT_HEIGHT: outputShape[0]!,
    OUT_WIDTH: outputShape[1]!,
  };
}
