/**
 * A model's shape, a declared list of layers, and how its parameters lie in one flat vector, so that an update is one
 * vector. One output is a logit z whose score is σ(z); of several, the scores are their softmax.
 */
import { InputError } from "./errors.ts";
import type { LayerSpec, PlainActivation } from "./layers.ts";
import type { Task } from "./task.ts";

export interface Architecture {
  /**
   * [features]; [height, width, channels] of images; [tokens, width] of vectors; [tokens] of token numbers before an
   * embedding. Rows are flat, what stands last next to each other.
   */
  inputShape: number[];
  /** At least one; the last is dense and gives the logits */
  layers: LayerSpec[];
}

/** What declared layers are made of: `attention` is two dense with `attend` between, `residual` ends with an `add`. */
export type Operation =
  | "dense"
  | "conv2d"
  | "max-pool2d"
  | "embedding"
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
  /** Times that the parameters are used for one row: pixels, tokens or 1 */
  positions: number;
  /** Rows of W [inputs, outputs]: the numbers that each output sees; 0 without parameters */
  inputs: number;
  outputs: number;
  /** Offset of W, row-major, in the flat vector; of a layer norm W [1, outputs] is the gain */
  weights: number;
  /** Offset of b [outputs], right behind W; an embedding has none */
  bias: number;
  /** Numbers of the flat vector */
  parameters: number;
}

/** @throws InputError that names the layer whose input does not fit it */
export function layersOf({ inputShape, layers }: Architecture): Layer[] {
  const placed: Layer[] = [];
  placeAll(placed, inputShape, layers, "layers");
  const last = placed.at(-1)!;
  if (last.kind !== "dense") throw new InputError("layers", "end without logits", "Let the last layer be dense.");
  if (last.positions > 1)
    throw new InputError("layers", "end with logits of every token", "Put a mean-tokens before the last layer.");
  return placed;
}

function placeAll(placed: Layer[], inputShape: number[], specs: LayerSpec[], path: string): void {
  specs.forEach((spec, i) => {
    const shape = placed.at(-1)?.outputShape ?? inputShape;
    const field = `${path}.${i}`;
    const place = (operation: Partial<Layer> & Pick<Layer, "kind" | "outputShape">) => {
      const before = placed.at(-1);
      const layer = {
        from: placed.length,
        skip: undefined,
        inputShape: before?.outputShape ?? inputShape,
        activation: "none" as const,
        size: 1,
        heads: 1,
        positions: 1,
        inputs: 0,
        outputs: 0,
        weights: before ? before.weights + before.parameters : 0,
        ...operation,
      };
      const { inputs, outputs, weights, kind } = layer;
      const parameters = (kind === "embedding" ? inputs : inputs + 1) * outputs;
      placed.push({ ...layer, bias: weights + inputs * outputs, parameters });
    };
    switch (spec.kind) {
      case "dense":
        if (placed.at(-1)?.kind === "conv2d")
          throw new InputError(
            field,
            "is dense, right behind a conv2d",
            "Put a max-pool2d between (size 1 changes nothing).",
          );
        placeDense(place, shape, spec.outputs, spec.activation);
        break;
      case "conv2d": {
        const [height, width, channels] = imageOf(spec, shape, field);
        const { size, channels: outputs, activation } = spec;
        if (activation === "gelu")
          throw new InputError(`${field}.activation`, "is gelu, which only dense layers have", "Use relu.");
        const outputShape = [height - size + 1, width - size + 1, outputs];
        const positions = outputShape[0]! * outputShape[1]!;
        place({ kind: "conv2d", outputShape, activation, size, positions, inputs: size * size * channels, outputs });
        break;
      }
      case "max-pool2d": {
        const [height, width, channels] = imageOf(spec, shape, field);
        const { size } = spec;
        place({
          kind: "max-pool2d",
          outputShape: [Math.floor(height / size), Math.floor(width / size), channels],
          size,
        });
        break;
      }
      case "embedding":
        if (placed.length > 0 || shape.length !== 1)
          throw new InputError(field, "is an embedding behind other layers", "Put it first, before token numbers.");
        place({
          kind: "embedding",
          outputShape: [shape[0]!, spec.width],
          positions: shape[0]!,
          inputs: spec.vocabulary,
          outputs: spec.width,
        });
        break;
      case "layer-norm": {
        const [tokens, width] = tokensOf(spec, shape, field);
        place({ kind: "layer-norm", outputShape: shape, positions: tokens, inputs: 1, outputs: width });
        break;
      }
      case "attention": {
        const [, width] = tokensOf(spec, shape, field);
        if (width % (4 * spec.heads) !== 0)
          throw new InputError(
            `${field}.heads`,
            `is ${spec.heads} for a width of ${width}`,
            "Each head's share of the width must be a multiple of 4.",
          );
        placeDense(place, shape, 3 * width, "none");
        place({ kind: "attend", outputShape: shape, heads: spec.heads });
        placeDense(place, shape, width, "none");
        break;
      }
      case "residual": {
        const first = spec.layers[0]!;
        if (!["dense", "layer-norm", "attention"].includes(first.kind))
          throw new InputError(`${field}.layers.0`, `is ${first.kind}`, "Begin with dense, layer-norm or attention.");
        if ((placed.at(-1)?.activation ?? "none") !== "none")
          throw new InputError(field, "begins on an activation", "Put a layer without activation before it.");
        const skip = placed.length;
        placeAll(placed, inputShape, spec.layers, `${field}.layers`);
        const { outputShape, activation } = placed.at(-1)!;
        if (activation !== "none" || outputShape.join() !== shape.join())
          throw new InputError(
            `${field}.layers`,
            `make [${outputShape}] of [${shape}]`,
            "Let the last one keep the shape, without activation.",
          );
        place({ kind: "add", outputShape: shape, skip });
        break;
      }
      case "mean-tokens": {
        const [, width] = tokensOf(spec, shape, field);
        place({ kind: "mean-tokens", outputShape: [width] });
        break;
      }
    }
  });
}

function placeDense(
  place: (operation: Partial<Layer> & Pick<Layer, "kind" | "outputShape">) => void,
  shape: number[],
  outputs: number,
  activation: Extract<LayerSpec, { kind: "dense" }>["activation"],
): void {
  const [tokens, width] = shape.length === 2 ? (shape as [number, number]) : [1, shape.reduce((a, b) => a * b)];
  const outputShape = shape.length === 2 ? [tokens, outputs] : [outputs];
  place({
    kind: "dense",
    outputShape,
    activation: activation === "gelu" ? "none" : activation,
    positions: tokens,
    inputs: width,
    outputs,
  });
  if (activation === "gelu") place({ kind: "gelu", outputShape });
}

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

export function parameterCount(architecture: Architecture): number {
  const last = layersOf(architecture).at(-1)!;
  return last.weights + last.parameters;
}

/** Columns of the input: a numeric feature is one, a categorical one a column a value. */
export function inputWidth(task: { data: Pick<Task["data"], "features"> }): number {
  return task.data.features.reduce((sum, f) => sum + (f.kind === "numeric" ? 1 : f.values.length), 0);
}

/** Columns of the input by feature, in order: a categorical feature's stand together. */
export function featureColumns(task: { data: Pick<Task["data"], "features"> }): number[][] {
  let next = 0;
  return task.data.features.map((f) =>
    Array.from({ length: f.kind === "numeric" ? 1 : f.values.length }, () => next++),
  );
}

/** What each column of the input says, in order: `age`, `job = retired`. */
export const inputNames = ({ data }: { data: Pick<Task["data"], "features"> }): string[] =>
  data.features.flatMap((f) => (f.kind === "numeric" ? [f.name] : f.values.map((value) => `${f.name} = ${value}`)));

export function architectureOf(task: Task): Architecture {
  return { inputShape: [inputWidth(task)], layers: task.model.layers };
}

/**
 * Starting parameters [parameterCount] f32: zeros for a single layer; for more a fixed, public pseudo-random
 * start (Glorot & Bengio 2010, uniform ±√(6/(in+out)); gains of 1) from the run's seed, so that all ends agree.
 */
export function initialParameters(architecture: Architecture, seed: number): Float32Array<ArrayBuffer> {
  const parameters = new Float32Array(parameterCount(architecture));
  if (architecture.layers.length === 1) return parameters;
  // mulberry32: nothing secret rests on a model's start, only that it can be made again.
  let state = seed >>> 0;
  const uniform = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  for (const { kind, inputs, outputs, weights } of layersOf(architecture)) {
    if (kind === "layer-norm") parameters.fill(1, weights, weights + outputs);
    else {
      const limit = Math.sqrt(6 / (inputs + outputs));
      for (let i = 0; i < inputs * outputs; i++) parameters[weights + i] = (2 * uniform() - 1) * limit;
    }
  }
  return parameters;
}
