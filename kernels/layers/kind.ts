/** What every kind of layer offers: its buffers, and its kernels, compiled for one layer, as launches on them. */
import type { Arena } from "../arena.ts";
import type { Launch } from "../dispatch.ts";
import type { PaddedRows, PlacedLayer } from "../layout.ts";
import type { Optimizer } from "../optimizer/optimizer.ts";
import type { TileFor } from "../tiles/tile.ts";

export interface Clipped {
  /** The layer's part of each row's gradient norm; on the way back, from the last layer to the first */
  norm: Launch[];
  /** The clipped integer sum, when all norms are known */
  sum: Launch[];
}

/** A buffer beside the layer's tensors. */
export interface OwnBuffer {
  name: string;
  rows: PaddedRows;
  /** How many of its rows there are for one of the micro-batch */
  each: number;
}

export interface LayerKind {
  buffers(layer: PlacedLayer): OwnBuffer[];
  forward(device: GPUDevice, layer: PlacedLayer, tileFor: TileFor): Promise<(arena: Arena) => Launch[]>;
  /** Gradients of outputs to gradients of inputs, before the activation below; where a layer below is trained */
  backward(device: GPUDevice, layer: PlacedLayer, tileFor: TileFor): Promise<(arena: Arena) => Launch[]>;
  /**
   * The gradient as it is, added to [slices, parameters]; or, with `descent`, the layer's parameters take their step
   * along it, where a batch is one micro-batch of no more rows than `wholeBatch` says
   */
  plain(
    device: GPUDevice,
    layer: PlacedLayer,
    parameters: number,
    tileFor: TileFor,
    descent: Optimizer | undefined,
  ): Promise<(arena: Arena) => Launch[]>;
  clipped(
    device: GPUDevice,
    layer: PlacedLayer,
    parameters: number,
    tileFor: TileFor,
    descent: Optimizer | undefined,
  ): Promise<(arena: Arena) => Clipped>;
}
