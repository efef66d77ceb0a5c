/** One layer on one row in float64, written for reading. */
import { activate } from "./layers.ts";
import type { Layer } from "./model.ts";

/**
 * @param parameters flat, as in model.ts
 * @param x [...layer.inputShape]
 * @returns [...layer.outputShape]
 */
export function forwardRow(layer: Layer, parameters: ArrayLike<number>, x: ArrayLike<number>): Float64Array {
  switch (layer.kind) {
    case "dense":
      return affine(layer, parameters, x);
    case "conv2d": {
      const out = new Float64Array(layer.outputShape.reduce((a, b) => a * b));
      windowsOf(layer, 1).forEach((pixels, position) => {
        const patch = pixels.flatMap((pixel) => channelsAt(layer, pixel).map((at) => x[at]!));
        out.set(affine(layer, parameters, patch), position * layer.outputs);
      });
      return out;
    }
    case "max-pool2d": {
      const windows = windowsOf(layer, layer.size);
      return Float64Array.from(
        windows.flatMap((pixels) =>
          channelsAt(layer, 0).map((channel) => Math.max(...pixels.map((p) => x[channelsAt(layer, p)[channel]!]!))),
        ),
      );
    }
  }
}

function affine(layer: Layer, parameters: ArrayLike<number>, x: ArrayLike<number>): Float64Array {
  return Float64Array.from({ length: layer.outputs }, (_, o) => {
    let sum = parameters[layer.bias + o]!;
    for (let i = 0; i < layer.inputs; i++) sum += x[i]! * parameters[layer.weights + i * layer.outputs + o]!;
    return activate(layer.activation, sum);
  });
}

/** Pixels (row by row, counted from the image's first) of each window, windows `step` apart and counted row by row. */
export function windowsOf({ inputShape, outputShape, size }: Layer, step: number): number[][] {
  const width = inputShape[1]!;
  const [down, across] = outputShape as [number, number];
  return Array.from({ length: down * across }, (_, position) => {
    const first = Math.floor(position / across) * step * width + (position % across) * step;
    return Array.from({ length: size * size }, (_, i) => first + Math.floor(i / size) * width + (i % size));
  });
}

/** Where the channels of a pixel stand. */
export function channelsAt({ inputShape }: Layer, pixel: number): number[] {
  const channels = inputShape[2]!;
  return Array.from({ length: channels }, (_, channel) => pixel * channels + channel);
}
