/** One step of local SGD; parameters never leave the GPU between steps. */
import { type Launch, launch } from "../dispatch.ts";
import type { Layout } from "../layout.ts";
import { compile, type Kernel } from "../wgsl/shader.ts";
import descend from "./descend.wgsl?raw";

type Names = "chunk" | "parameters" | "sum";

/** @param plain whether the sum is one of floats in slices, or one of integers */
export const compileDescend = (device: GPUDevice, { parameters }: Layout, plain: boolean): Promise<Kernel<Names>> =>
  compile(
    device,
    "optimizer/descend.wgsl",
    descend,
    { chunk: "chunk", parameters: "write", sum: "write" },
    { constants: { PARAMETERS: parameters }, scope: { counts: {}, flags: { plain } } },
  );

export const descendLaunch = (
  device: GPUDevice,
  kernel: Kernel<Names>,
  layout: Layout,
  buffers: Record<Names, GPUBuffer>,
): Launch => launch(device, kernel, buffers, () => layout.parameters);
