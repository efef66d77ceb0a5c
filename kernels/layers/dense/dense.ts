/**
 * A dense layer: forward, back to its inputs, and the gradient of its parameters, plain or clipped row by row. All are
 * products of matrices, computed in tiles (tiles/tile.ts) and compiled for the layer's own shape.
 */
import type { Activation } from "../../../shared/layers.ts";
import type { Arena } from "../../arena.ts";
import { type Launch, launch } from "../../dispatch.ts";
import type { PlacedLayer } from "../../layout.ts";
import { quadsFor, type Tile, type TileFor, tiled } from "../../tiles/tile.ts";
import { type Binding, compile, type Kernel } from "../../wgsl/shader.ts";
import backwardInputSource from "./backward-input.wgsl?raw";
import clippedSumSource from "./clipped-sum.wgsl?raw";
import exampleNormSource from "./example-norm.wgsl?raw";
import forwardSource from "./forward.wgsl?raw";
import plainGradientSource from "./plain-gradient.wgsl?raw";
import transposeSource from "./transpose.wgsl?raw";

interface Tiled<Name extends string> extends Kernel<Name> {
  tile: Tile;
}

/** Rows to outputs. */
export type DenseForward = Tiled<"chunk" | "parameters" | "x" | "y" | "flags">;

/** Gradients of outputs to gradients of inputs. */
export interface DenseBackward {
  transpose: Kernel<"chunk" | "parameters" | "transposed">;
  input: Tiled<"chunk" | "transposed" | "x" | "g" | "gx" | "flags">;
}

/** The gradient as it is, summed in floats. */
export type DensePlain = Tiled<"chunk" | "left" | "right" | "gradient">;

/** Each row's gradient by its length and clipped, summed in integers. */
export interface DenseClipped {
  norm: Kernel<"chunk" | "a" | "g" | "norms" | "flags">;
  sum: Tiled<"chunk" | "left" | "right" | "factors" | "sum">;
}

/** Rows that a quad adds up before it meets the others. */
export const slice = 256;
/** Threads a group where a thread has a whole row to read. */
const rowGroup = 16;
/** Rows of a micro-batch are as many as there are. */
const anyRows = Number.POSITIVE_INFINITY;

const activations: Activation[] = ["none", "relu", "tanh", "sigmoid"];

const file = (name: string) => `layers/dense/${name}.wgsl`;

export function compileForward(device: GPUDevice, layer: PlacedLayer, tileFor: TileFor): Promise<DenseForward> {
  const { inputStride, outputStride, outputs, weights, index, activation } = layer;
  return compileTiled(
    device,
    file("forward"),
    forwardSource,
    { chunk: "chunk", parameters: "read", x: "read", y: "write", flags: "write" },
    tileFor(anyRows, outputs),
    {
      A_STRIDE: inputStride,
      DEPTH4: inputStride / 4,
      OFFSET: weights,
      OUTPUTS: outputs,
      Y_STRIDE: outputStride,
      LAYER: index,
    },
    activation,
  );
}

/** @param layer not the first, below which nothing learns */
export async function compileBackward(device: GPUDevice, layer: PlacedLayer, tileFor: TileFor): Promise<DenseBackward> {
  const { inputs, inputStride, outputs, outputStride, weights, index, activationBelow } = layer;
  const [transpose, input] = await Promise.all([
    compile(
      device,
      file("transpose"),
      transposeSource,
      { chunk: "chunk", parameters: "read", transposed: "write" },
      { constants: { OFFSET: weights, OUTPUTS: outputs, X_STRIDE: inputStride } },
    ),
    compileTiled(
      device,
      file("backward-input"),
      backwardInputSource,
      { chunk: "chunk", transposed: "read", x: "read", g: "read", gx: "write", flags: "write" },
      tileFor(anyRows, inputs),
      {
        A_STRIDE: outputStride,
        DEPTH4: Math.ceil(outputs / 4),
        INPUTS: inputs,
        X_STRIDE: inputStride,
        LAYER: index - 1,
      },
      activationBelow,
    ),
  ]);
  return { transpose, input };
}

/** @param parameters of the whole model */
export function compilePlain(
  device: GPUDevice,
  layer: PlacedLayer,
  parameters: number,
  tileFor: TileFor,
): Promise<DensePlain> {
  const { left, right } = outerOf(layer);
  return compileTiled(
    device,
    file("plain-gradient"),
    plainGradientSource,
    { chunk: "chunk", left: "read", right: "read", gradient: "write" },
    tileFor(left.width, right.width),
    { ...outerConstants(layer), PARAMETERS: parameters },
  );
}

export async function compileClipped(device: GPUDevice, layer: PlacedLayer, tileFor: TileFor): Promise<DenseClipped> {
  const { inputStride, outputStride, last, index } = layer;
  const { left, right } = outerOf(layer);
  const [norm, sum] = await Promise.all([
    compile(
      device,
      file("example-norm"),
      exampleNormSource,
      { chunk: "chunk", a: "read", g: "read", norms: "write", flags: "write" },
      {
        constants: {
          GROUP: rowGroup,
          A_STRIDE: inputStride,
          G_STRIDE: outputStride,
          FIRST: Number(last),
          LAYER: index,
        },
      },
    ),
    compileTiled(
      device,
      file("clipped-sum"),
      clippedSumSource,
      { chunk: "chunk", left: "read", right: "read", factors: "read", sum: "write" },
      tileFor(left.width, right.width),
      outerConstants(layer),
    ),
  ]);
  return { norm, sum };
}

export function bindForward(device: GPUDevice, kernel: DenseForward, layer: PlacedLayer, arena: Arena): Launch {
  const { index, outputs } = layer;
  return launch(
    device,
    kernel,
    {
      chunk: arena.get("chunks"),
      parameters: arena.get("parameters"),
      x: arena.get(`activation ${index}`),
      y: arena.get(`activation ${index + 1}`),
      flags: arena.get("flags"),
    },
    (rows) => 4 * quadsFor(kernel.tile, rows, outputs),
    kernel.tile.group,
  );
}

/** `transpose` runs once whenever the parameters have changed. */
export function bindBackward(
  device: GPUDevice,
  kernels: DenseBackward,
  layer: PlacedLayer,
  arena: Arena,
): { transpose: Launch; input: Launch } {
  const { index, inputs, outputs, inputStride } = layer;
  const chunk = arena.get("chunks");
  const transposed = arena.get(`transposed ${index}`);
  return {
    transpose: launch(
      device,
      kernels.transpose,
      { chunk, parameters: arena.get("parameters"), transposed },
      () => outputs * inputStride,
    ),
    input: launch(
      device,
      kernels.input,
      {
        chunk,
        transposed,
        x: arena.get(`activation ${index}`),
        g: arena.get(`gradient ${index + 1}`),
        gx: arena.get(`gradient ${index}`),
        flags: arena.get("flags"),
      },
      (rows) => 4 * quadsFor(kernels.input.tile, rows, inputs),
      kernels.input.tile.group,
    ),
  };
}

export function bindPlain(device: GPUDevice, kernel: DensePlain, layer: PlacedLayer, arena: Arena): Launch {
  const buffers = { ...sidesOf(layer, arena), gradient: arena.get("gradient") };
  return launch(device, kernel, buffers, outerThreads(layer, kernel.tile), kernel.tile.group);
}

/** `norm` runs on the way back, from the last layer to the first; `sum` when all norms are known. */
export function bindClipped(
  device: GPUDevice,
  kernels: DenseClipped,
  layer: PlacedLayer,
  arena: Arena,
): { norm: Launch; sum: Launch } {
  const { index } = layer;
  const norm = {
    chunk: arena.get("chunks"),
    a: arena.get(`activation ${index}`),
    g: arena.get(`gradient ${index + 1}`),
    norms: arena.get("norms"),
    flags: arena.get("flags"),
  };
  const sum = { ...sidesOf(layer, arena), factors: arena.get("factors"), sum: arena.get("sum") };
  const { tile } = kernels.sum;
  return {
    norm: launch(device, kernels.norm, norm, (rows) => rows, rowGroup),
    sum: launch(device, kernels.sum, sum, outerThreads(layer, tile), tile.group),
  };
}

interface Side {
  buffer: string;
  /** Numbers of a row, padded and real */
  stride: number;
  width: number;
  /** From one number to the next in the gradient */
  step: number;
}

/** Of few outputs, the inputs are what a quad's neighbours stand on; see wgsl/snippets/outer.wgsl. */
function outerOf({ index, inputs, outputs, inputStride, outputStride }: PlacedLayer): { left: Side; right: Side } {
  const a = { buffer: `activation ${index}`, stride: inputStride, width: inputs + 1, step: outputs };
  const g = { buffer: `gradient ${index + 1}`, stride: outputStride, width: outputs, step: 1 };
  return outputs < 4 ? { left: g, right: a } : { left: a, right: g };
}

function outerConstants(layer: PlacedLayer): Record<string, number> {
  const { left, right } = outerOf(layer);
  return {
    LEFT_STRIDE: left.stride,
    LEFT_WIDTH: left.width,
    LEFT_STEP: left.step,
    RIGHT_STRIDE: right.stride,
    RIGHT_WIDTH: right.width,
    RIGHT_STEP: right.step,
    OFFSET: layer.weights,
    SLICE: slice,
  };
}

function outerThreads(layer: PlacedLayer, tile: Tile): (rows: number) => number {
  const { left, right } = outerOf(layer);
  return (rows) => 4 * quadsFor(tile, left.width, right.width) * Math.ceil(rows / slice);
}

function sidesOf(layer: PlacedLayer, arena: Arena): Record<"chunk" | "left" | "right", GPUBuffer> {
  const { left, right } = outerOf(layer);
  return { chunk: arena.get("chunks"), left: arena.get(left.buffer), right: arena.get(right.buffer) };
}

async function compileTiled<Name extends string>(
  device: GPUDevice,
  file: string,
  source: string,
  bindings: Record<Name, Binding>,
  tile: Tile,
  constants: Record<string, number>,
  activation: Activation = "none",
): Promise<Tiled<Name>> {
  const flags = Object.fromEntries(activations.map((name) => [name, name === activation]));
  return { ...(await compile(device, file, source, bindings, tiled(tile, constants, flags))), tile };
}
