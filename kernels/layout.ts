/**
 * How a model lies on the GPU. Bias and padding are folded into the matrices, so that no kernel needs an edge case:
 *
 *   input row   x₀ … xₙ₋₁ 1 0 0      a column of ones behind the features, zeros up to whole vec4s
 *   matrix      W rows 0 … n−1, then the bias as row n, then zero rows; columns padded with zeros
 *   output row  y₀ … yₘ₋₁ 1 0 0      of a hidden layer: already the next layer's input row
 *               z 0 0 0              of the last layer: the logit
 *
 * Row n being the bias is also how shared/model.ts orders the flat vector, and ‖a‖² + 1 of the per-example norm is
 * simply the squared length of the padded row.
 */
import { InputError } from "../shared/errors.ts";
import { type Architecture, type Layer, layersOf } from "../shared/model.ts";

export interface PaddedLayer extends Layer {
  index: number;
  /** vec4s of an input row and of an output row */
  inputs4: number;
  outputs4: number;
  /** Offset of the padded matrix [4·inputs4, 4·outputs4], in vec4s */
  offset4: number;
  /** Codes of snippets/layer.wgsl: 0 none, 1 relu, 2 tanh */
  activation: number;
  inputActivation: number;
}

export interface Layout {
  layers: PaddedLayer[];
  /** Parameters of the flat vector */
  parameters: number;
  /** vec4s of all padded matrices */
  parameters4: number;
}

const quarters = (n: number) => Math.ceil(n / 4);

export function layoutOf(architecture: Architecture): Layout {
  const plain = layersOf(architecture);
  const code = architecture.activation === "relu" ? 1 : 2;
  let offset4 = 0;
  const layers = plain.map((layer, index): PaddedLayer => {
    const isLast = index === plain.length - 1;
    const inputs4 = quarters(layer.inputs + 1);
    const outputs4 = isLast ? quarters(layer.outputs) : quarters(layer.outputs + 1);
    const padded: PaddedLayer = {
      ...layer,
      index,
      inputs4,
      outputs4,
      offset4,
      activation: isLast ? 0 : code,
      inputActivation: index === 0 ? 0 : code,
    };
    offset4 += 4 * inputs4 * outputs4;
    return padded;
  });
  const last = plain.at(-1)!;
  return { layers, parameters: last.bias + last.outputs, parameters4: offset4 };
}

/** The layer's name for people, counted from 1: "layer 2 (64 → 32)". */
export const nameOf = (layer: Layer & { index: number }): string =>
  `layer ${layer.index + 1} (${layer.inputs} → ${layer.outputs})`;

/**
 * Flat parameters [parameterCount] to padded matrices [4·parameters4].
 * @throws InputError that names the layer of a parameter that is not finite
 */
export function pad(layout: Layout, parameters: Float32Array): Float32Array<ArrayBuffer> {
  if (parameters.length !== layout.parameters) {
    throw new InputError(
      "parameters",
      `has ${parameters.length} numbers`,
      `The architecture has ${layout.parameters}.`,
    );
  }
  const padded = new Float32Array(4 * layout.parameters4);
  forEachParameter(layout, (flat, at, layer) => {
    const value = parameters[flat]!;
    if (!Number.isFinite(value)) {
      throw new InputError(
        `parameters of ${nameOf(layer)}`,
        `has ${value} at ${flat}`,
        "Every parameter must be finite.",
      );
    }
    padded[at] = value;
  });
  return padded;
}

/** Padded matrices back to the order of the flat vector. */
export function unpad<T extends Float32Array | Int32Array>(layout: Layout, padded: T, into: T): T {
  forEachParameter(layout, (flat, at) => {
    into[flat] = padded[at]!;
  });
  return into;
}

function forEachParameter(layout: Layout, visit: (flat: number, padded: number, layer: PaddedLayer) => void): void {
  for (const layer of layout.layers) {
    for (let row = 0; row <= layer.inputs; row++) {
      const flat = layer.weights + row * layer.outputs;
      const padded = 4 * (layer.offset4 + row * layer.outputs4);
      for (let column = 0; column < layer.outputs; column++) visit(flat + column, padded + column, layer);
    }
  }
}
