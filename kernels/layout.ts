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
 * padded pixel by pixel instead, and what has tokens token by token, since each is a row of a product.
 *
 * Rows of tokens that are not all as long lie packed, one row's behind the other's: each has as many lines as it has
 * tokens, in whole quads.
 */
import { InputError } from "../shared/errors.ts";
import type { PlainActivation } from "../shared/layers.ts";
import { type Architecture, frozenCount, type Layer, operationsOf, parameterCount } from "../shared/model.ts";

export interface PaddedRows {
  /** Real numbers of a row */
  width: number;
  /** Numbers from row to row, a multiple of 4 */
  stride: number;
  /** Whether a column of ones stands behind the real numbers */
  ones: boolean;
}

/** Activations between two layers, and their gradients, in two buffers of one shape. */
export interface Tensor {
  activation: string;
  gradient: string;
  /** Numbers of one of the micro-batch, padding left out */
  width: number;
  /** Numbers from one of the micro-batch to the next */
  stride: number;
  /** Pixels of an image, tokens, 1 otherwise, and numbers from one to the next */
  pixels: number;
  pixelStride: number;
  /** How one of the micro-batch lies: so many padded rows, with `packed` at most so many */
  rows: PaddedRows;
  rowsEach: number;
  packed: boolean;
}

export interface PlacedLayer extends Omit<Layer, "skip"> {
  index: number;
  input: Tensor;
  output: Tensor;
  /** The other input, of an `add` */
  skip: Tensor | undefined;
  activationBelow: PlainActivation;
  /** Whether anything that its input (of an `add`: `skip`) comes from is trained, and so needs the gradient by it */
  returns: boolean;
  /** Whether that gradient is added to another's */
  adding: boolean;
  /** Whether its input is read from among all rows, by the batch, and nobody else reads it */
  picks: boolean;
  /** Whether this is the layer of the logits */
  last: boolean;
  /** The buffer that its parameters lie in */
  parametersIn: "parameters" | "frozen";
  /** Of many models at once: numbers from one's parameters to the next; otherwise 0 */
  modelStride: number;
}

export interface Layout {
  layers: PlacedLayer[];
  /** Parameters of the flat vector that is trained, and of the encoder's */
  parameters: number;
  frozen: number;
  /** Labels of a row: one, or one for each of its tokens */
  labels: number;
  /** Whether the model begins with token numbers */
  begins: "numbers" | "tokens";
  /** Whether rows have fewer tokens than there is room for */
  packed: boolean;
  /** Whether a micro-batch is of many models, each with parameters of its own */
  many: boolean;
}

export const wholeQuads = (n: number): number => 4 * Math.ceil(n / 4);

/** Numbers of a token number's line, of which it is the first: lines are read by whole quads. */
export const idStride = 4;

/** @param counted whether rows have token counts of their own although the model begins with vectors */
export function layoutOf(architecture: Architecture, counted = false): Layout {
  const plain = operationsOf(architecture);
  const begins = plain[0]!.kind === "embedding" ? "tokens" : "numbers";
  const packed = counted || begins === "tokens";
  const shapes = [architecture.inputShape, ...plain.map(({ outputShape }) => outputShape)];
  const tensors = shapes.map((shape, i): Tensor => {
    const width = shape.reduce((a, b) => a * b);
    const channels = shape.at(-1)!;
    const pixels = width / channels;
    const names = { activation: `activation ${i}`, gradient: `gradient ${i}` };
    if (plain[i - 1]?.kind === "conv2d") {
      const pixelStride = wholeQuads(channels);
      const rows = { width: channels, stride: pixelStride, ones: false };
      return {
        ...names,
        width,
        stride: pixels * pixelStride,
        pixels,
        pixelStride,
        rows,
        rowsEach: pixels,
        packed: false,
      };
    }
    if (i === 0 && begins === "tokens") {
      const rows = { width: 1, stride: idStride, ones: false };
      const own = { pixels: width, pixelStride: idStride, rows, rowsEach: width };
      return { ...names, width, stride: width * idStride, ...own, packed };
    }
    if (shape.length === 2) {
      const pixelStride = wholeQuads(channels + 1);
      const rows = { width: channels, stride: pixelStride, ones: true };
      return { ...names, width, stride: pixels * pixelStride, pixels, pixelStride, rows, rowsEach: pixels, packed };
    }
    // Operations on every number by itself go by one stride on both sides; only a product's own last rows need no ones.
    const ones = i < plain.length || plain.at(-1)!.kind !== "dense";
    const stride = wholeQuads(width + Number(ones));
    const rows = { width, stride, ones };
    return { ...names, width, stride, pixels, pixelStride: channels, rows, rowsEach: 1, packed: false };
  });
  // Of a sum, both sides have the gradient of the sum: the one that nothing else reads shares its buffer.
  for (const [i, { kind, from }] of [...plain.entries()].reverse()) {
    if (kind === "add") tensors[from]!.gradient = tensors[i + 1]!.gradient;
  }
  // By tensor: whether what is trained has a part in it.
  const moves = [false];
  for (const { kind, from, skip, frozen, parameters } of plain)
    moves.push((parameters > 0 && !frozen) || moves[from]! || (kind === "add" && moves[skip!]!));
  const layers = plain.map((layer, index): PlacedLayer => {
    const written = layer.skip ?? layer.from;
    return {
      ...layer,
      index,
      input: tensors[layer.from]!,
      output: tensors[index + 1]!,
      skip: layer.skip === undefined ? undefined : tensors[layer.skip],
      activationBelow: plain[layer.from - 1]?.activation ?? "none",
      returns: moves[written]!,
      adding: plain.some((other, i) => i > index && (other.from === written || other.skip === written)),
      picks:
        !packed &&
        index === 0 &&
        layer.kind === "dense" &&
        layer.positions === 1 &&
        plain.every(({ from, skip }, i) => i === 0 || (from !== 0 && skip !== 0)),
      last: index === plain.length - 1,
      parametersIn: layer.frozen ? "frozen" : "parameters",
      modelStride: 0,
    };
  });
  return {
    layers,
    parameters: parameterCount(architecture),
    frozen: frozenCount(architecture),
    labels: plain.at(-1)!.kind === "dense" ? plain.at(-1)!.positions : 1,
    begins,
    packed,
    many: false,
  };
}

/**
 * The same model, many times over.
 * @throws InputError where a layer is not dense, of single vectors: no other kernel has an axis of models
 */
export function ofMany(layout: Layout): Layout {
  const other = layout.layers.find(({ kind, positions, frozen }) => kind !== "dense" || positions > 1 || frozen);
  if (other)
    throw new InputError("layers", `has ${nameOf(other)}`, "Many models are trained at once where all are dense.");
  return {
    ...layout,
    many: true,
    layers: layout.layers.map((layer) => ({ ...layer, modelStride: layout.parameters })),
  };
}

/** The layer's name for people, counted from 1: "layer 2 (64 → 32)". */
export const nameOf = ({ index, kind, inputShape, outputShape }: PlacedLayer): string =>
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
  const layer = layout.layers.find(({ frozen, weights, parameters }) => !frozen && bad < weights + parameters)!;
  const found = `has ${parameters[bad]} at ${bad}`;
  throw new InputError(`parameters of ${nameOf(layer)}`, found, "Every parameter must be finite.");
}
