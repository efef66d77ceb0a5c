/** Brings the rows of a micro-batch together, in the order of the batch. */
import { type Launch, launch } from "../dispatch.ts";
import type { PaddedLayer } from "../layout.ts";
import { compile, type Kernel } from "../shader.ts";
import gather from "./gather.wgsl?raw";

type Names = "layer" | "chunk" | "features" | "batch" | "x";

export const compileGather = (device: GPUDevice): Promise<Kernel<Names>> =>
  compile(device, "gather/gather.wgsl", gather, {
    layer: "uniform",
    chunk: "chunk",
    features: "read",
    batch: "read",
    x: "write",
  });

export const gatherLaunch = (
  device: GPUDevice,
  kernel: Kernel<Names>,
  layer: PaddedLayer,
  buffers: Record<Names, GPUBuffer>,
): Launch => launch(device, kernel, buffers, (rows) => 4 * Math.ceil(rows / 4) * layer.inputs4);
