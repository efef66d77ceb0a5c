/**
 * How a model lies on the GPU. Parameters and gradients lie as in the flat vector of shared/model.ts: a layer's matrix
 * is [inputs + 1, outputs], and its last row is the bias. Rows of activations are padded, so that no kernel needs an
 * edge case:
 *
 *   input row   x₀ … xₙ₋₁ 1 0 0      a column of ones behind the features meets the bias; zeros up to a multiple of 4
 *   output row  y₀ … yₘ₋₁ 1 0 0      of a hidden layer: already the next layer's input row
 *               z 0 0 0              of the last layer: the logit
 *
 * ‖a‖² + 1 of the per-example norm is then simply the squared length of the padded row. What a convolution gives is
 * padded pixel by pixel instead, since each is a row of its product.
 */
import { InputError } from "../shared/errors.ts";
import type { Activation } from "../shared/layers.ts";
import { type Architecture, type Layer, layersOf } from "../shared/model.ts";

export interface PaddedRows {
  /** Real numbers of a row */
  width: number;
  /** Numbers from row to row, a multiple of 4 */
  stride: number;
  /** Whether a column of ones stands behind the real numbers */
  ones: boolean;
}

/** Activations between two layers, and their gradients, in two buffers of one shape: a row for one of the micro-batch. */
export interface Tensor extends PaddedRows {
  activation: string;
  gradient: string;
  /** Pixels of an image, 1 otherwise, and numbers from one to the next */
  pixels: number;
  pixelStride: number;
}

export interface PlacedLayer extends Layer {
  index: number;
  input: Tensor;
  output: Tensor;
  /** Times that W is used for one row of the micro-batch */
  positions: number;
  activationBelow: Activation;
  /** Whether this is the layer of the logits */
  last: boolean;
}

export interface Layout {
  layers: PlacedLayer[];
  /** Parameters of the flat vector */
  parameters: number;
}

export const wholeQuads = (n: number): number => 4 * Math.ceil(n / 4);

export function layoutOf(architecture: Architecture): Layout {
  const plain = layersOf(architecture);
  const shapes = [architecture.inputShape, ...plain.map(({ outputShape }) => outputShape)];
  const tensors = shapes.map((shape, i): Tensor => {
    const width = shape.reduce((a, b) => a * b);
    const channels = shape.at(-1)!;
    const byPixel = plain[i - 1]?.kind === "conv2d";
    const ones = !byPixel && i < plain.length;
    const pixelStride = byPixel ? wholeQuads(channels) : channels;
    const pixels = width / channels;
    const stride = byPixel ? pixels * pixelStride : wholeQuads(width + Number(ones));
    return { activation: `activation ${i}`, gradient: `gradient ${i}`, width, stride, pixels, pixelStride, ones };
  });
  const layers = plain.map(
    (layer, index): PlacedLayer => ({
      ...layer,
      index,
      input: tensors[index]!,
      output: tensors[index + 1]!,
      positions: layer.kind === "conv2d" ? tensors[index + 1]!.pixels : 1,
      activationBelow: plain[index - 1]?.activation ?? "none",
      last: index === plain.length - 1,
    }),
  );
  const end = plain.at(-1)!;
  return { layers, parameters: end.bias + end.outputs };
}

/** The layer's name for people, counted from 1: "layer 2 (64 → 32)". */
export const nameOf = ({ index, kind, inputShape, outputShape }: Layer & { index: number }): string =>
  `layer ${index + 1} (${kind === "dense" ? "" : `${kind}, `}${inputShape.join("×")} → ${outputShape.join("×")})`;

/** @throws InputError that names the layer of a parameter that is not finite */
export function checkParameters(layout: Layout, parameters: Float32Array): void {
  if (parameters.length !== layout.parameters) {
    throw new InputError(
      "parameters",
      `has ${parameters.length} numbers`,
      `The architecture has ${layout.parameters}.`,
    );
  }
  const bad = parameters.findIndex((value) => !Number.isFinite(value));
  if (bad < 0) return;
  const layer = layout.layers.find(({ bias, outputs }) => bad < bias + outputs)!;
  const found = `has ${parameters[bad]} at ${bad}`;
  throw new InputError(`parameters of ${nameOf(layer)}`, found, "Every parameter must be finite.");
}
