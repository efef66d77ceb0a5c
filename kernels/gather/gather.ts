/** Brings the rows of a micro-batch together, in the order of the batch. */
import { type Launch, launch } from "../dispatch.ts";
import { compile, type Kernel } from "../wgsl/shader.ts";
import gather from "./gather.wgsl?raw";

type Names = "chunk" | "features" | "batch" | "x" | "counts" | "lengths";

/** @param stride numbers of a padded row @param padded whether rows have token counts of their own */
export const compileGather = (device: GPUDevice, stride: number, padded: boolean): Promise<Kernel<Names>> =>
  compile(
    device,
    "gather/gather.wgsl",
    gather,
    { chunk: "chunk", features: "read", batch: "read", x: "write", counts: "read", lengths: "write" },
    { constants: { STRIDE: stride }, scope: { counts: {}, flags: { padded } } },
  );

export const gatherLaunch = (
  device: GPUDevice,
  kernel: Kernel<Names>,
  stride: number,
  buffers: Record<Names, GPUBuffer>,
): Launch => launch(device, kernel, buffers, (rows) => (rows * stride) / 4);
