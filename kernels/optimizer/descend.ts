/** One step of local SGD on the integer sum; parameters never leave the GPU between steps. */
import { type Launch, launch } from "../dispatch.ts";
import type { Layout } from "../layout.ts";
import { compile, type Kernel } from "../shader.ts";
import descend from "./descend.wgsl?raw";

type Names = "chunk" | "parameters" | "sum";

export const compileDescend = (device: GPUDevice): Promise<Kernel<Names>> =>
  compile(device, "optimizer/descend.wgsl", descend, { chunk: "chunk", parameters: "write", sum: "write" });

export const descendLaunch = (
  device: GPUDevice,
  kernel: Kernel<Names>,
  layout: Layout,
  buffers: Record<Names, GPUBuffer>,
): Launch => launch(device, kernel, buffers, () => layout.parameters4);
