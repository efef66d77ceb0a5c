/** What bounds each row: the factor that takes its gradient to the clip norm, and to the integer grid. */
import { type Launch, launch } from "../dispatch.ts";
import { compile, type Kernel } from "../wgsl/shader.ts";
import clipFactor from "./clip-factor.wgsl?raw";

type Names = "chunk" | "norms" | "factors";

export const compileClipFactor = (device: GPUDevice): Promise<Kernel<Names>> =>
  compile(device, "private-sum/clip-factor.wgsl", clipFactor, { chunk: "chunk", norms: "read", factors: "write" });

export const clipFactorLaunch = (device: GPUDevice, kernel: Kernel<Names>, buffers: Record<Names, GPUBuffer>): Launch =>
  launch(device, kernel, buffers, (rows) => rows);
