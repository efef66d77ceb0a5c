/** Brings the rows of a micro-batch together, in the order of the batch. */
import { type Launch, launch } from "../dispatch.ts";
import { linesOf } from "../layers/lines.ts";
import type { Tensor } from "../layout.ts";
import { compile, type Kernel } from "../wgsl/shader.ts";
import gather from "./gather.wgsl?raw";

type Names = "chunk" | "features" | "batch" | "x" | "firstTokens" | "places";

/** @param x the model's input */
export const compileGather = (device: GPUDevice, { rows, rowsEach, packed }: Tensor): Promise<Kernel<Names>> =>
  compile(
    device,
    "gather/gather.wgsl",
    gather,
    { chunk: "chunk", features: "read", batch: "read", x: "write", firstTokens: "read", places: "read" },
    { constants: { STRIDE: rows.stride, LINES: rowsEach }, scope: { counts: {}, flags: { packed } } },
  );

export const gatherLaunch = (
  device: GPUDevice,
  kernel: Kernel<Names>,
  x: Tensor,
  buffers: Record<Names, GPUBuffer>,
): Launch => launch(device, kernel, buffers, (rows, facts) => (linesOf(x)(rows, facts) * x.rows.stride) / 4);
