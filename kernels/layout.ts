/**
 * How a model lies on the GPU. Parameters and gradients lie as in the flat vector of shared/model.ts: a dense layer is
 * the matrix [inputs + 1, outputs] whose last row is the bias. Rows of activations are padded, so that no kernel needs
 * an edge case:
 *
 *   input row   x₀ … xₙ₋₁ 1 0 0      a column of ones behind the features meets the bias; zeros up to a multiple of 4
 *   output row  y₀ … yₘ₋₁ 1 0 0      of a hidden layer: already the next layer's input row
 *               z 0 0 0              of the last layer: the logit
 *
 * ‖a‖² + 1 of the per-example norm is then simply the squared length of the padded row.
 */
import { InputError } from "../shared/errors.ts";
import type { Activation } from "../shared/layers.ts";
import { type Architecture, type Layer, layersOf } from "../shared/model.ts";

export interface PlacedLayer extends Layer {
  index: number;
  /** Numbers of a padded input row and of an output row, multiples of 4 */
  inputStride: number;
  outputStride: number;
  activationBelow: Activation;
  /** Whether this is the layer of the logits */
  last: boolean;
}

export interface Layout {
  layers: PlacedLayer[];
  /** Parameters of the flat vector */
  parameters: number;
}

const padded = (n: number) => 4 * Math.ceil(n / 4);

export function layoutOf(architecture: Architecture): Layout {
  const plain = layersOf(architecture);
  const layers = plain.map((layer, index): PlacedLayer => {
    const last = index === plain.length - 1;
    return {
      ...layer,
      index,
      inputStride: padded(layer.inputs + 1),
      outputStride: last ? padded(layer.outputs) : padded(layer.outputs + 1),
      activationBelow: plain[index - 1]?.activation ?? "none",
      last,
    };
  });
  const end = plain.at(-1)!;
  return { layers, parameters: end.bias + end.outputs };
}

/** The layer's name for people, counted from 1: "layer 2 (64 → 32)". */
export const nameOf = (layer: Layer & { index: number }): string =>
  `layer ${layer.index + 1} (${layer.inputs} → ${layer.outputs})`;

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
