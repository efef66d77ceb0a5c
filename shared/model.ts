/**
 * A model's shape, a declared list of layers, and how its parameters lie in one flat vector, so that an update is one
 * vector. One output is a logit z whose score is σ(z); of several, the scores are their softmax.
 */
import { type ImageShape, imageLength } from "./data/images.ts";
import { InputError } from "./errors.ts";
import type { Activation, LayerSpec, PlainActivation } from "./layers.ts";
import { type EncoderSpec, encoderLayers } from "./text/encoders.ts";

/** What of a task a model's inputs follow from. */
interface Reads {
  data: {
    features: readonly ({ name: string; kind: "numeric" } | { name: string; kind: "categorical"; values: string[] })[];
    text?: { tokens: number } | undefined;
    images?: ImageShape | undefined;
    items?: { width: number } | undefined;
  };
}

export interface Architecture {
  /**
   * [features]; [height, width, channels] of images; [tokens, width] of vectors; [tokens] of token numbers before an
   * embedding. Rows are flat, what stands last next to each other.
   */
  inputShape: number[];
  /** At least one; the last is dense and gives the logits */
  layers: LayerSpec[];
}

/**
 * What declared layers are made of: `attention` is two dense with `attend` between, a `residual` ends with an `add`, and
 * so does a dense with an adapter.
 */
export type Operation =
  | "dense"
  | "conv2d"
  | "max-pool2d"
  | "embedding"
  | "positions"
  | "layer-norm"
  | "attend"
  | "gelu"
  | "mean-tokens"
  | "add";

/** One operation. Its output is tensor index + 1; tensor 0 is the model's input. */
export interface Layer {
  kind: Operation;
  /** The tensor it reads */
  from: number;
  /** The other one, of an `add` */
  skip: number | undefined;
  inputShape: number[];
  outputShape: number[];
  activation: PlainActivation;
  /** Of a window, in both directions; 1 where there are none */
  size: number;
  /** Of an `attend`, otherwise 1 */
  heads: number;
  /** Of a layer norm, added to the variance */
  epsilon: number;
  /** Times that the parameters are used for one row: pixels, tokens or 1 */
  positions: number;
  /** Rows of W [inputs, outputs]: the numbers that each output sees; 0 without parameters */
  inputs: number;
  outputs: number;
  /** Whether its parameters lie in the flat vector of an encoder's, and not in that of the trained ones */
  frozen: boolean;
  /** Offset of W, row-major, in its flat vector; of a layer norm W [1, outputs] is the gain */
  weights: number;
  /** Offset of b [outputs], right behind W; an embedding and positions have none */
  bias: number;
  /** Numbers of the flat vector */
  parameters: number;
  /** The second matrix of an adapter starts at zero, so that at first the adapter changes nothing */
  startsAtZero: boolean;
}

/** @throws InputError that names the layer whose input does not fit it */
export function layersOf(architecture: Architecture): Layer[] {
  const placed = operationsOf(architecture);
  if (placed.at(-1)!.kind !== "dense")
    throw new InputError("layers", "end without logits", "Let the last layer be dense.");
  return placed;
}

/** As `layersOf`, of layers that need not end with logits. */
export function operationsOf({ inputShape, layers }: Architecture): Layer[] {
  const placing = new Placing(inputShape);
  placing.all(layers, "layers", 0);
  return placing.placed;
}

const customaryEpsilon = 1e-5;

class Placing {
  readonly placed: Layer[] = [];
  readonly #inputShape: number[];
  /** Numbers so far, of the trained parameters and of the frozen ones */
  readonly #taken = { trained: 0, frozen: 0 };

  constructor(inputShape: number[]) {
    this.#inputShape = inputShape;
  }

  #shapeOf(tensor: number): number[] {
    return tensor === 0 ? this.#inputShape : this.placed[tensor - 1]!.outputShape;
  }

  /** Puts one operation behind the others, on the tensor `from`; the tensor it makes. */
  #put(from: number, operation: Partial<Layer> & Pick<Layer, "kind" | "outputShape">): number {
    const layer = {
      from,
      skip: undefined,
      inputShape: this.#shapeOf(from),
      activation: "none" as const,
      size: 1,
      heads: 1,
      epsilon: customaryEpsilon,
      positions: 1,
      inputs: 0,
      outputs: 0,
      frozen: false,
      startsAtZero: false,
      ...operation,
    };
    const { inputs, outputs, kind } = layer;
    const hasBias = inputs > 0 && kind !== "embedding" && kind !== "positions";
    const parameters = (hasBias ? inputs + 1 : inputs) * outputs;
    const space = layer.frozen ? "frozen" : "trained";
    const weights = this.#taken[space];
    this.#taken[space] += parameters;
    this.placed.push({ ...layer, weights, bias: weights + inputs * outputs, parameters });
    return this.placed.length;
  }

  /** @param from the tensor that the first of them reads; the one the last of them makes */
  all(specs: LayerSpec[], path: string, from: number): number {
    return specs.reduce((tensor, spec, i) => this.#one(spec, `${path}.${i}`, tensor), from);
  }

  #one(spec: LayerSpec, field: string, from: number): number {
    const shape = this.#shapeOf(from);
    switch (spec.kind) {
      case "dense":
        if (this.placed[from - 1]?.kind === "conv2d")
          throw new InputError(
            field,
            "is dense, right behind a conv2d",
            "Put a max-pool2d between (size 1 changes nothing).",
          );
        return this.#dense(from, spec, field);
      case "conv2d": {
        const [height, width, channels] = imageOf(spec, shape, field);
        const { size, channels: outputs, activation } = spec;
        if (activation === "gelu")
          throw new InputError(`${field}.activation`, "is gelu, which only dense layers have", "Use relu.");
        const outputShape = [height - size + 1, width - size + 1, outputs];
        const positions = outputShape[0]! * outputShape[1]!;
        const inputs = size * size * channels;
        return this.#put(from, { kind: "conv2d", outputShape, activation, size, positions, inputs, outputs });
      }
      case "max-pool2d": {
        const [height, width, channels] = imageOf(spec, shape, field);
        const { size } = spec;
        const outputShape = [Math.floor(height / size), Math.floor(width / size), channels];
        return this.#put(from, { kind: "max-pool2d", outputShape, size });
      }
      case "embedding":
        if (from > 0 || shape.length !== 1)
          throw new InputError(field, "is an embedding behind other layers", "Put it first, before token numbers.");
        return this.#put(from, {
          kind: "embedding",
          outputShape: [shape[0]!, spec.width],
          positions: shape[0]!,
          inputs: spec.vocabulary,
          outputs: spec.width,
          frozen: spec.frozen ?? false,
        });
      case "positions": {
        const [tokens, width] = tokensOf(spec, shape, field);
        return this.#put(from, { kind: "positions", outputShape: shape, inputs: tokens, outputs: width, frozen: true });
      }
      case "layer-norm": {
        const [tokens, width] = shape.length === 1 ? [1, shape[0]!] : tokensOf(spec, shape, field);
        return this.#put(from, {
          kind: "layer-norm",
          outputShape: shape,
          positions: tokens,
          inputs: spec.affine === false ? 0 : 1,
          outputs: width,
          epsilon: spec.epsilon ?? customaryEpsilon,
          frozen: spec.frozen ?? false,
        });
      }
      case "attention": {
        const [tokens, width] = tokensOf(spec, shape, field);
        if (width % (4 * spec.heads) !== 0)
          throw new InputError(
            `${field}.heads`,
            `is ${spec.heads} for a width of ${width}`,
            "Each head's share of the width must be a multiple of 4.",
          );
        const { heads, frozen, adapters } = spec;
        const three = this.#dense(from, { outputs: 3 * width, frozen, adapter: adapters?.qkv }, `${field}.adapters`);
        const mixed = this.#put(three, { kind: "attend", outputShape: [tokens, width], heads });
        const outputs = spec.outputs ?? width;
        return this.#dense(mixed, { outputs, frozen, adapter: adapters?.out }, `${field}.adapters`);
      }
      case "residual":
        return this.#residual(spec, field, from);
      case "mean-tokens": {
        if ((this.placed[from - 1]?.activation ?? "none") !== "none")
          throw new InputError(field, "stands on an activation", "Put a layer without activation before it.");
        const [, width] = tokensOf(spec, shape, field);
        return this.#put(from, { kind: "mean-tokens", outputShape: [width] });
      }
    }
  }

  #residual(spec: Extract<LayerSpec, { kind: "residual" }>, field: string, from: number): number {
    const first = spec.layers[0]!;
    if (!["dense", "layer-norm", "attention"].includes(first.kind))
      throw new InputError(`${field}.layers.0`, `is ${first.kind}`, "Begin with dense, layer-norm or attention.");
    if ((this.placed[from - 1]?.activation ?? "none") !== "none")
      throw new InputError(field, "begins on an activation", "Put a layer without activation before it.");
    // Before the layers, whose width it has to meet: the last operation of the list tells it.
    const width = spec.projection && widthAfter(spec.layers, this.#shapeOf(from).at(-1)!);
    const skip = width === undefined ? from : this.#dense(from, { outputs: width, ...spec.projection }, field);
    const inner = this.all(spec.layers, `${field}.layers`, from);
    const { outputShape, activation } = this.placed[inner - 1]!;
    const shape = this.#shapeOf(skip);
    if (activation !== "none" || outputShape.join() !== shape.join())
      throw new InputError(
        `${field}.layers`,
        `make [${outputShape}] of [${shape}]`,
        "Let the last one keep the shape, without activation.",
      );
    return this.#put(inner, { kind: "add", outputShape: shape, skip });
  }

  #dense(
    from: number,
    spec: Omit<Extract<LayerSpec, { kind: "dense" }>, "kind" | "activation"> & { activation?: Activation },
    field: string,
  ): number {
    const { outputs, activation = "none", frozen = false, adapter } = spec;
    const shape = this.#shapeOf(from);
    const positions = shape.length === 2 ? shape[0]! : 1;
    const inputs = shape.length === 2 ? shape[1]! : shape.reduce((a, b) => a * b);
    const put = (on: number, width: number, operation: Partial<Layer>) =>
      this.#put(on, {
        kind: "dense",
        outputShape: shape.length === 2 ? [positions, width] : [width],
        positions,
        inputs: on === from ? inputs : (adapter ?? 0),
        outputs: width,
        ...operation,
      });
    const plain = activation === "gelu" ? "none" : activation;
    let made: number;
    if (adapter === undefined) made = put(from, outputs, { activation: plain, frozen });
    else {
      if (!frozen) throw new InputError(`${field}.adapter`, "stands beside a matrix that is trained", "Freeze it.");
      const skip = put(from, outputs, { frozen });
      const low = put(from, adapter, {});
      const high = put(low, outputs, { startsAtZero: true });
      made = this.#put(high, { kind: "add", outputShape: this.#shapeOf(skip), skip, activation: plain });
    }
    return activation === "gelu" ? this.#put(made, { kind: "gelu", outputShape: this.#shapeOf(made) }) : made;
  }
}

/** Numbers of a token behind layers that begin with `width` of them. */
const widthAfter = (layers: LayerSpec[], width: number): number =>
  layers.reduce((before, layer) => ("outputs" in layer ? (layer.outputs ?? before) : before), width);

function imageOf(
  { kind, size }: Extract<LayerSpec, { size: number }>,
  shape: number[],
  field: string,
): [number, number, number] {
  if (shape.length !== 3)
    throw new InputError(field, `is ${kind}, which sees images, and gets ${shape.length} dimensions`, "Use dense.");
  const [height, width] = shape as [number, number, number];
  if (size > Math.min(height, width))
    throw new InputError(`${field}.size`, `is ${size} for an image of ${height} × ${width}`, "Use a smaller window.");
  return shape as [number, number, number];
}

function tokensOf({ kind }: LayerSpec, shape: number[], field: string): [number, number] {
  if (shape.length !== 2)
    throw new InputError(field, `is ${kind}, which sees tokens, and gets ${shape.length} dimensions`, "Use dense.");
  return shape as [number, number];
}

/** Numbers of the flat vector of trained parameters. */
export const parameterCount = (architecture: Architecture): number => countOf(architecture, false);

/** Numbers of the flat vector of an encoder's, which are not trained. */
export const frozenCount = (architecture: Architecture): number => countOf(architecture, true);

const countOf = (architecture: Architecture, frozen: boolean): number =>
  operationsOf(architecture).reduce((sum, layer) => sum + (layer.frozen === frozen ? layer.parameters : 0), 0);

/**
 * Numbers of a row of the input: a numeric feature is one, a categorical one a column a value; of a text its tokens, of an
 * image its pixels, of an item for a person what recommend/pairs.ts says.
 */
export function inputWidth(task: Reads): number {
  const { features, text, images, items } = task.data;
  if (images) return imageLength(images);
  if (items) return 1 + 2 * items.width;
  return text?.tokens ?? features.reduce((sum, f) => sum + (f.kind === "numeric" ? 1 : f.values.length), 0);
}

/** Columns of the input by feature, in order: a categorical feature's stand together. */
export function featureColumns(task: Reads): number[][] {
  let next = 0;
  return task.data.features.map((f) =>
    Array.from({ length: f.kind === "numeric" ? 1 : f.values.length }, () => next++),
  );
}

/** What each column of the input says, in order: `age`, `job = retired`. */
export const inputNames = ({ data }: Reads): string[] =>
  data.features.flatMap((f) => (f.kind === "numeric" ? [f.name] : f.values.map((value) => `${f.name} = ${value}`)));

export function architectureOf(
  task: Reads & {
    model: {
      layers: LayerSpec[];
      encoder?: EncoderSpec | undefined;
    };
  },
): Architecture {
  const { encoder, layers } = task.model;
  const below = encoder ? encoderLayers(encoder) : [];
  const { images } = task.data;
  const inputShape = images ? [images.height, images.width, images.channels] : [inputWidth(task)];
  return { inputShape, layers: [...below, ...layers] };
}

/** How many of the first layers have nothing that is trained: what they give for a row is the same in every round. */
export function frozenLayers(layers: readonly LayerSpec[]): number {
  const first = layers.findIndex((layer) => !isFrozen(layer));
  return first < 0 ? layers.length : first;
}

function isFrozen(layer: LayerSpec): boolean {
  switch (layer.kind) {
    case "max-pool2d":
    case "mean-tokens":
    case "positions":
      return true;
    case "conv2d":
      return false;
    case "embedding":
      return layer.frozen === true;
    case "layer-norm":
      return layer.frozen === true || layer.affine === false;
    case "dense":
      return layer.frozen === true && layer.adapter === undefined;
    case "attention":
      return layer.frozen === true && layer.adapters?.qkv === undefined && layer.adapters?.out === undefined;
    case "residual":
      return layer.layers.every(isFrozen) && (layer.projection === undefined || layer.projection.frozen === true);
  }
}

/**
 * Starting parameters [parameterCount] f32: zeros for a single layer; for more a fixed, public pseudo-random
 * start (Glorot & Bengio 2010, uniform ±√(6/(in+out)); gains of 1) from the run's seed, so that all ends agree. Zeros for
 * the head of an encoder and the second matrices of its adapters: at first they say nothing (Hu et al. 2021, section 4.1).
 */
export function initialParameters(architecture: Architecture, seed: number): Float32Array<ArrayBuffer> {
  const layers = layersOf(architecture);
  const parameters = new Float32Array(parameterCount(architecture));
  if (layers.length === 1) return parameters;
  // mulberry32: nothing secret rests on a model's start, only that it can be made again.
  let state = seed >>> 0;
  const uniform = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  const trained = layers.filter(({ frozen }) => !frozen);
  const onEncoder = trained.length < layers.length;
  for (const layer of trained) {
    const { kind, inputs, outputs, weights, startsAtZero } = layer;
    if (startsAtZero || (onEncoder && layer === layers.at(-1))) continue;
    if (kind === "layer-norm") parameters.fill(1, weights, weights + outputs);
    else {
      const limit = Math.sqrt(6 / (inputs + outputs));
      for (let i = 0; i < inputs * outputs; i++) parameters[weights + i] = (2 * uniform() - 1) * limit;
    }
  }
  return parameters;
}
