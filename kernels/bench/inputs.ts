/** Parameters and batches from a seed, the same numbers for every side. */
import type { Layer, Model } from "./cases.ts";

export interface Tensor {
  name: string;
  shape: number[];
  values: Float32Array;
  /** Not trained */
  frozen?: boolean;
}

export interface Batch {
  /** [batch, ...shape] */
  features: Float32Array;
  /** [batch], classes */
  labels: Int32Array;
}

/** Steps go round these, so that none is a special case of one batch met again and again. */
export const batchCount = 4;

/** Uniform on [−1, 1): the PCG hash (Jarzynski and Olano 2020) of a counter. */
export function uniform(seed: number): () => number {
  let counter = seed >>> 0;
  return () => {
    counter = (counter + 1) >>> 0;
    const state = (Math.imul(counter, 747796405) + 2891336453) >>> 0;
    const word = Math.imul((state >>> ((state >>> 28) + 4)) ^ state, 277803737) >>> 0;
    return (((word >>> 22) ^ word) >>> 0) / 2 ** 31 - 1;
  };
}

export const size = (shape: number[]): number => shape.reduce((product, length) => product * length, 1);

export const filled = (length: number, next: () => number): Float32Array => Float32Array.from({ length }, next);

export function makeBatches({ shape, classes, batch }: Model): Batch[] {
  const next = uniform(7);
  return Array.from({ length: batchCount }, () => ({
    features: filled(batch * size(shape), next),
    labels: Int32Array.from({ length: batch }, () => Math.floor(((next() + 1) / 2) * classes)),
  }));
}

/** Every layer's parameters [layers][tensors], in the order the sides use them. */
export function initialParameters(model: Model): Tensor[][] {
  const next = uniform(1);
  let shape = model.shape;
  return model.layers.map((layer) => {
    const tensors = parametersOf(layer, shape).map((tensor) => ({ ...tensor, values: initial(tensor, next) }));
    shape = shapeAfter(layer, shape);
    return tensors;
  });
}

export function shapeAfter(layer: Layer, shape: number[]): number[] {
  const [height, width, channels] = shape as [number, number, number];
  switch (layer.kind) {
    case "dense":
      return [layer.outputs];
    case "conv":
      return [height - layer.size + 1, width - layer.size + 1, layer.channels];
    case "max-pool":
      return [height / layer.size, width / layer.size, channels];
    case "transformer":
    case "adapted":
      return shape;
    case "mean-tokens":
      return [width];
  }
}

interface Declared {
  name: string;
  shape: number[];
  frozen?: boolean;
}

function parametersOf(layer: Layer, shape: number[]): Declared[] {
  switch (layer.kind) {
    case "dense":
      return affine("", size(shape), layer.outputs);
    case "conv":
      return [
        { name: "weight", shape: [layer.size, layer.size, shape[2]!, layer.channels] },
        { name: "bias", shape: [layer.channels] },
      ];
    case "transformer": {
      const width = shape[1]!;
      return [
        ...norm("norm 1 ", width),
        ...affine("query ", width, width),
        ...affine("key ", width, width),
        ...affine("value ", width, width),
        ...affine("out ", width, width),
        ...norm("norm 2 ", width),
        ...affine("up ", width, layer.hidden),
        ...affine("down ", layer.hidden, width),
      ];
    }
    case "adapted": {
      const width = shape[1]!;
      const { hidden, rank } = layer;
      const frozen = [...norm("norm ", width), ...affine("up ", width, hidden), ...affine("down ", hidden, width)];
      return [
        ...frozen.map((tensor) => ({ ...tensor, frozen: true })),
        ...affine("up low ", width, rank),
        ...affine("up high ", rank, hidden),
        ...affine("down low ", hidden, rank),
        ...affine("down high ", rank, width),
      ];
    }
    default:
      return [];
  }
}

const affine = (prefix: string, inputs: number, outputs: number): Declared[] => [
  { name: `${prefix}weight`, shape: [inputs, outputs] },
  { name: `${prefix}bias`, shape: [outputs] },
];

const norm = (prefix: string, width: number): Declared[] => [
  { name: `${prefix}gain`, shape: [width] },
  { name: `${prefix}bias`, shape: [width] },
];

/** Weights as Glorot's rule has them for what enters; gains about 1 and biases about 0, but no two alike. */
function initial({ name, shape }: Declared, next: () => number): Float32Array {
  if (name.endsWith("gain")) return filled(size(shape), () => 1 + 0.1 * next());
  if (name.endsWith("bias")) return filled(size(shape), () => 0.1 * next());
  const bound = Math.sqrt(3 / size(shape.slice(0, -1)));
  return filled(size(shape), () => bound * next());
}
