/**
 * Products of matrices: a dense layer's forward pass, its way back to the inputs, and the gradient of its parameters,
 * plain or clipped row by row. All are computed in tiles (tiles/tile.ts) and compiled for the layer's own shape. A
 * convolution is the same products on its patches.
 */
import type { PlainActivation } from "../../../shared/layers.ts";
import type { Arena } from "../../arena.ts";
import { type Launch, launch, type MicroBatch } from "../../dispatch.ts";
import { type PlacedLayer, wholeQuads } from "../../layout.ts";
import { descentBuffers, descentSpecial, momentBindings, type Optimizer } from "../../optimizer/optimizer.ts";
import { roundsByShift } from "../../private-sum/rounding.ts";
import { inFours, quadsFor, type Tile, type TileFor, tiled, wholeFours } from "../../tiles/tile.ts";
import { type Binding, compile, type Kernel } from "../../wgsl/shader.ts";
import { flagsOf } from "../activation.ts";
import { clippedInstances, instancesOf } from "../instances/instances.ts";
import type { Clipped, LayerKind } from "../kind.ts";
import { linesOf } from "../lines.ts";
import backwardInputSource from "./backward-input.wgsl?raw";
import clippedSumSource from "./clipped-sum.wgsl?raw";
import { exampleNorm, type Matrix } from "./example-norm.ts";
import forwardSource from "./forward.wgsl?raw";
import plainGradientSource from "./plain-gradient.wgsl?raw";

/** y = activation(x·W), with as many rows of x and y for each row of the micro-batch as there are positions. */
export interface Affine {
  index: number;
  inputs: number;
  outputs: number;
  /** Offset of W [inputs + 1, outputs] in the flat vector, and the buffer that has it */
  weights: number;
  parametersIn: string;
  positions: number;
  x: Matrix;
  y: Matrix;
  /** Gradients by y before its activation, and by x before the activation below, where others may have added theirs */
  g: Matrix;
  gx: Matrix;
  adding: boolean;
  activation: PlainActivation;
  activationBelow: PlainActivation;
  last: boolean;
  /** Whether positions are tokens, of which a row may have fewer, packed */
  packed: boolean;
  /** Of many models at once: numbers from one's parameters to the next; otherwise 0 */
  modelStride: number;
}

type SideNames = "chunk" | "left" | "right" | "batch";
type Descending = keyof ReturnType<typeof descentBuffers>;

interface Tiled<Name extends string> extends Kernel<Name> {
  tile: Tile;
}

/** Rows that a quad adds up before it meets the others; of positions, so many that few partial sums are kept. */
export const sliceOf = (positions: number): number => 256 * Math.ceil(positions / 16);

/** The most rows of a batch that no dense layer's gradient sums in more than one slice. */
export const wholeBatch = ({ layers }: { layers: { kind: string; positions: number }[] }): number =>
  layers.reduce(
    (rows, { kind, positions }) =>
      kind === "dense" ? Math.min(rows, Math.floor(sliceOf(positions) / positions)) : rows,
    anyRows,
  );

/** Rows of a micro-batch are as many as there are. */
const anyRows = Number.POSITIVE_INFINITY;

const file = (name: string) => `layers/dense/${name}.wgsl`;

/** Whether a row of the micro-batch is one row of the product. */
const isSingle = ({ positions, output }: PlacedLayer): boolean => positions === 1 && !output.packed;

/** Of tokens, each is a row of the product. */
function affineOf(placed: PlacedLayer): Affine {
  const { input, output, ...layer } = placed;
  const single = isSingle(placed);
  const [below, own] = single ? [input.stride, output.stride] : [input.pixelStride, output.pixelStride];
  return {
    ...layer,
    packed: output.packed,
    x: { buffer: layer.picks ? "features" : input.activation, stride: below, picks: layer.picks },
    y: { buffer: output.activation, stride: own },
    g: { buffer: output.gradient, stride: own },
    gx: { buffer: input.gradient, stride: below },
  };
}

export const dense: LayerKind = {
  buffers: (layer) => (isSingle(layer) || layer.frozen ? [] : [instancesOf(layer)]),
  async forward(device, layer, tileFor) {
    const bind = await forwardProduct(device, affineOf(layer), tileFor);
    return (arena) => [bind(arena)];
  },
  async backward(device, layer, tileFor) {
    const bind = await backwardProduct(device, affineOf(layer), tileFor);
    return (arena) => [bind(arena)];
  },
  async plain(device, layer, parameters, tileFor, descent) {
    const bind = await plainGradient(device, affineOf(layer), { to: "gradient", parameters, descent }, tileFor);
    return (arena) => [bind(arena)];
  },
  async clipped(device, layer, _, tileFor, descent) {
    if (isSingle(layer)) return clippedGradient(device, affineOf(layer), tileFor, descent);
    return clippedInstances(device, layer, await instanceGradients(device, layer, affineOf(layer), tileFor), descent);
  },
};

export async function forwardProduct(
  device: GPUDevice,
  affine: Affine,
  tileFor: TileFor,
): Promise<(arena: Arena) => Launch> {
  const { x, y, inputs, outputs, positions, activation } = affine;
  const tile = tileFor(anyRows, outputs);
  const begins = wholeFours(inputs);
  const kernel = await compileTiled(
    device,
    file("forward"),
    forwardSource,
    { chunk: "chunk", parameters: "read", x: "read", y: "write", flags: "write", batch: "read" },
    tile,
    {
      A_STRIDE: x.stride,
      DEPTH4: begins ? inputs / 4 : Math.ceil((inputs + 1) / 4),
      OFFSET: affine.weights,
      INPUTS: inputs,
      OUTPUTS: outputs,
      Y_STRIDE: y.stride,
      LINES: positions,
      LAYER: affine.index,
    },
    {
      ...flagsOf(activation),
      begins,
      packed: affine.packed,
      picks: x.picks ?? false,
      a4: true,
      b4: inFours(tile, outputs, affine.weights, affine.modelStride),
      down: false,
      to4: inFours(tile, outputs),
    },
    affine.modelStride,
  );
  return (arena) =>
    launch(
      device,
      kernel,
      {
        chunk: arena.get("chunks"),
        parameters: arena.get(affine.parametersIn),
        x: arena.get(x.buffer),
        y: arena.get(y.buffer),
        flags: arena.get("flags"),
        batch: arena.get("batch"),
      },
      (rows, facts) => 4 * quadsFor(kernel.tile, linesIn(affine, rows, facts), outputs),
      kernel.tile.group,
    );
}

export async function backwardProduct(
  device: GPUDevice,
  affine: Affine,
  tileFor: TileFor,
): Promise<(arena: Arena) => Launch> {
  const { x, g, gx, index, inputs, outputs, positions, weights, activationBelow, adding } = affine;
  const tile = tileFor(anyRows, inputs);
  const kernel = await compileTiled(
    device,
    file("backward-input"),
    backwardInputSource,
    { chunk: "chunk", parameters: "read", x: "read", g: "read", gx: "write", flags: "write" },
    tile,
    {
      A_STRIDE: g.stride,
      DEPTH4: Math.ceil(outputs / 4),
      OFFSET: weights,
      INPUTS: inputs,
      OUTPUTS: outputs,
      X_STRIDE: gx.stride,
      LINES: positions,
      LAYER: index - 1,
    },
    {
      ...flagsOf(activationBelow),
      adding,
      packed: affine.packed,
      a4: true,
      b4: wholeFours(outputs, weights, affine.modelStride),
      down: true,
      to4: inFours(tile, inputs),
    },
    affine.modelStride,
  );
  return (arena) =>
    launch(
      device,
      kernel,
      {
        chunk: arena.get("chunks"),
        parameters: arena.get(affine.parametersIn),
        x: arena.get(x.buffer),
        g: arena.get(g.buffer),
        gx: arena.get(gx.buffer),
        flags: arena.get("flags"),
      },
      (rows, facts) => 4 * quadsFor(kernel.tile, linesIn(affine, rows, facts), inputs),
      kernel.tile.group,
    );
}

/**
 * The gradient in floats: added to the slices of the whole model's [slices, parameters], stepped along with `descent`,
 * or, with `rowStride`, written for each row of the micro-batch by itself.
 */
export async function plainGradient(
  device: GPUDevice,
  affine: Affine,
  target: { to: string; parameters: number; descent?: Optimizer | undefined } | { to: string; rowStride: number },
  tileFor: TileFor,
): Promise<(arena: Arena) => Launch> {
  const { positions, packed } = affine;
  const { left, right } = outerOf(affine);
  const each = "rowStride" in target;
  const slice = sliceOf(positions);
  const tile = tileFor(left.width, right.width);
  const descent = each ? undefined : target.descent;
  const descends = descent && descentSpecial(descent);
  const [offset, sliceStride] = each ? [0, target.rowStride] : [affine.weights, wholeQuads(target.parameters)];
  const kernel = await compileTiled(
    device,
    file("plain-gradient"),
    plainGradientSource,
    {
      ...{ chunk: "chunk", left: "read", right: "read", ...(packed ? { spans: "read" } : { batch: "read" }) },
      ...(descent ? { parameters: "write", ...momentBindings } : { gradient: "write" }),
    } as Record<SideNames | "spans" | "gradient" | Descending, Binding>,
    tile,
    {
      ...outerConstants(affine),
      SLICE: slice,
      LINES: positions,
      SLICE_STRIDE: sliceStride,
      OFFSET: offset,
      ...descends?.constants,
    },
    {
      ...descends?.flags,
      descends: descent !== undefined,
      adding: !each && affine.modelStride === 0,
      many: affine.modelStride > 0,
      ...{ each, packed },
      ...outerFlags(affine, tile),
      to4: right.step === 1 && inFours(tile, right.width, offset),
    },
  );
  const quads = 4 * quadsFor(kernel.tile, left.width, right.width);
  const slices: Launch["threads"] = each
    ? (rows) => rows
    : (rows, facts) => Math.ceil(linesIn(affine, facts.room, facts) / slice) * (rows / facts.room);
  return (arena) => {
    const own = { gradient: arena.get(target.to), spans: arena.get("spans") };
    const buffers = { ...sidesOf(affine, arena), ...own, ...descentBuffers(arena) };
    return launch(device, kernel, buffers, (rows, facts) => quads * slices(rows, facts), kernel.tile.group);
  };
}

/** The gradient of each row of the micro-batch by itself. */
export function instanceGradients(
  device: GPUDevice,
  layer: PlacedLayer,
  affine: Affine,
  tileFor: TileFor,
): Promise<(arena: Arena) => Launch> {
  const { name, rows } = instancesOf(layer);
  return plainGradient(device, affine, { to: name, rowStride: rows.stride }, tileFor);
}

/** Four quads of rows are four side by side for each of a quad's threads; see wgsl/snippets/outer-sum.wgsl. */
const leftInFours = ({ rows, quads }: Tile): boolean => quads && rows === 16;

/** Rounding but by shifts takes registers: wider tiles of sums no longer fit beside it. */
const narrow = (tile: Tile): Tile => ({ ...tile, columns: Math.min(4, tile.columns) });

/** Of layers with one position: the row's gradient is one outer product. */
async function clippedGradient(
  device: GPUDevice,
  affine: Affine,
  tileFor: TileFor,
  descent: Optimizer | undefined,
): Promise<(arena: Arena) => Clipped> {
  const { x, g } = affine;
  const { left, right } = outerOf(affine);
  const slice = sliceOf(1);
  const shifts = await roundsByShift(device);
  const widest = tileFor(left.width, right.width);
  const tile = shifts ? widest : narrow(widest);
  const descends = descent && descentSpecial(descent);
  const [bindNorm, sum] = await Promise.all([
    exampleNorm(device, affine, x, g),
    compileTiled(
      device,
      file("clipped-sum"),
      clippedSumSource,
      {
        ...{ chunk: "chunk", left: "read", right: "read", batch: "read", factors: "read" },
        ...(descent ? { parameters: "write", ...momentBindings } : { sum: "write" }),
      } as Record<SideNames | "factors" | "sum" | Descending, Binding>,
      tile,
      { ...outerConstants(affine), SLICE: slice, OFFSET: affine.weights, ...descends?.constants },
      {
        ...descends?.flags,
        ...{ descends: descent !== undefined, shifts },
        ...outerFlags(affine, tile),
        // Integers are added one by one.
        to4: descent !== undefined && right.step === 1 && inFours(tile, right.width, affine.weights),
      },
    ),
  ]);
  const quads = quadsFor(sum.tile, left.width, right.width);
  const threads: Launch["threads"] = (rows, { exact }) => 4 * quads * Math.ceil(rows / Math.min(slice, exact));
  return (arena) => {
    const sums = { factors: arena.get("factors"), sum: arena.get("sum") };
    const buffers = { ...sidesOf(affine, arena), ...sums, ...descentBuffers(arena) };
    return {
      norm: [bindNorm(arena)],
      sum: [launch(device, sum, buffers, threads, sum.tile.group)],
    };
  };
}

interface Side extends Matrix {
  /** Real numbers of a row */
  width: number;
  /** From one number to the next in the gradient */
  step: number;
}

/** Of few outputs, the inputs are what a quad's neighbours stand on; see wgsl/snippets/outer.wgsl. */
function outerOf({ inputs, outputs, x, g }: Affine): { left: Side; right: Side } {
  const a = { ...x, width: inputs + 1, step: outputs };
  const b = { ...g, width: outputs, step: 1 };
  return outputs < 4 ? { left: b, right: a } : { left: a, right: b };
}

/** The flags of wgsl/snippets/outer-sum.wgsl. */
const outerFlags = ({ inputs, outputs, x }: Affine, tile: Tile): Record<string, boolean> => ({
  left4: leftInFours(tile),
  lone: outputs >= 4 && tile.rows > 1 && inputs % tile.rows === 0,
  turned: outputs < 4,
  picks: x.picks ?? false,
});

function outerConstants(affine: Affine): Record<string, number> {
  const { left, right } = outerOf(affine);
  return {
    LEFT_STRIDE: left.stride,
    LEFT_WIDTH: left.width,
    LEFT_STEP: left.step,
    RIGHT_STRIDE: right.stride,
    RIGHT_WIDTH: right.width,
    RIGHT_STEP: right.step,
  };
}

const linesIn = ({ packed, positions }: Affine, rows: number, facts: MicroBatch): number =>
  linesOf({ packed, rowsEach: positions })(rows, facts);

function sidesOf(affine: Affine, arena: Arena): Record<SideNames, GPUBuffer> {
  const { left, right } = outerOf(affine);
  const sides = { left: arena.get(left.buffer), right: arena.get(right.buffer) };
  return { chunk: arena.get("chunks"), ...sides, batch: arena.get("batch") };
}

async function compileTiled<Name extends string>(
  device: GPUDevice,
  file: string,
  source: string,
  bindings: Record<Name, Binding>,
  tile: Tile,
  constants: Record<string, number>,
  flags: Record<string, boolean> = {},
  modelStride = 0,
): Promise<Tiled<Name>> {
  const many = modelStride > 0;
  const all = { ...constants, ...(many && { MODEL_STRIDE: modelStride }) };
  return { ...(await compile(device, file, source, bindings, tiled(tile, all, { many, ...flags }))), tile };
}
