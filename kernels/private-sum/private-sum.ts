/** Per-example clipping by book-keeping, and the exact integer sum of what was clipped. */
import { type Launch, launch } from "../dispatch.ts";
import type { PaddedLayer } from "../layout.ts";
import { compile, type Kernel } from "../shader.ts";
import clipFactor from "./clip-factor.wgsl?raw";
import clippedSum from "./clipped-sum.wgsl?raw";
import exampleNorm from "./example-norm.wgsl?raw";

type NormNames = "layer" | "chunk" | "a" | "g" | "norms" | "flags";
type FactorNames = "chunk" | "norms" | "factors";
type SumNames = "layer" | "chunk" | "a" | "g" | "factors" | "sum";

export interface PrivateSumKernels {
  exampleNorm: Kernel<NormNames>;
  clipFactor: Kernel<FactorNames>;
  clippedSum: Kernel<SumNames>;
}

/** Rows a thread adds up before it meets the others: SLICE of clipped-sum.wgsl. */
const slice = 256;

export async function compilePrivateSum(device: GPUDevice): Promise<PrivateSumKernels> {
  return {
    exampleNorm: await compile(device, "private-sum/example-norm.wgsl", exampleNorm, {
      layer: "uniform",
      chunk: "chunk",
      a: "read",
      g: "read",
      norms: "write",
      flags: "write",
    }),
    clipFactor: await compile(device, "private-sum/clip-factor.wgsl", clipFactor, {
      chunk: "chunk",
      norms: "read",
      factors: "write",
    }),
    clippedSum: await compile(device, "private-sum/clipped-sum.wgsl", clippedSum, {
      layer: "uniform",
      chunk: "chunk",
      a: "read",
      g: "read",
      factors: "read",
      sum: "write",
    }),
  };
}

export const exampleNormLaunch = (
  device: GPUDevice,
  kernels: PrivateSumKernels,
  buffers: Record<NormNames, GPUBuffer>,
): Launch => launch(device, kernels.exampleNorm, buffers, (rows) => rows);

export const clipFactorLaunch = (
  device: GPUDevice,
  kernels: PrivateSumKernels,
  buffers: Record<FactorNames, GPUBuffer>,
): Launch => launch(device, kernels.clipFactor, buffers, (rows) => rows);

export const clippedSumLaunch = (
  device: GPUDevice,
  kernels: PrivateSumKernels,
  layer: PaddedLayer,
  buffers: Record<SumNames, GPUBuffer>,
): Launch =>
  launch(device, kernels.clippedSum, buffers, (rows) => layer.inputs4 * layer.outputs4 * Math.ceil(rows / slice));
