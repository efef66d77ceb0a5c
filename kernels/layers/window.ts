/** The constants of wgsl/snippets/window.wgsl. */
import type { PlacedLayer } from "../layout.ts";
import type { Special } from "../wgsl/shader.ts";

/** Channels of a thread, which stand side by side; see wgsl/snippets/numbers.wgsl. */
export const channelsEach = ({ inputShape }: PlacedLayer): number => (inputShape[2]! % 4 === 0 ? 4 : 1);

/**
 * A kernel that sees images by windows, a thread one channel or four.
 * @param distances in numbers, of buffers beside the image
 */
export function windowed(
  layer: PlacedLayer,
  distances: Record<string, number>,
  { constants, scope }: { constants?: Record<string, number>; scope: NonNullable<Special["scope"]> },
): Special {
  const { input, inputShape, outputShape, size } = layer;
  const [height, width, channels] = inputShape as [number, number, number];
  const each = channelsEach(layer);
  const own = { CHANNELS: channels, X_ROW: input.stride, X_STRIDE: input.pixelStride, ...distances };
  return {
    constants: {
      ...Object.fromEntries(Object.entries(own).map(([name, numbers]) => [name, numbers / each])),
      ...{ HEIGHT: height, WIDTH: width, SIZE: size, OUT_HEIGHT: outputShape[0]!, OUT_WIDTH: outputShape[1]! },
      ...constants,
    },
    scope: { counts: scope.counts, flags: { ...scope.flags, fours: each === 4 } },
  };
}
