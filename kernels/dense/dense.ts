/** A dense layer, forward and back to its inputs. Its parameters' gradient is formed in private-sum/. */
import { type Launch, launch } from "../dispatch.ts";
import type { PaddedLayer } from "../layout.ts";
import { compile, type Kernel } from "../shader.ts";
import backwardInput from "./backward-input.wgsl?raw";
import forward from "./forward.wgsl?raw";

type ForwardNames = "layer" | "chunk" | "parameters" | "x" | "y" | "flags";
type BackwardNames = "layer" | "chunk" | "parameters" | "x" | "gy" | "gx" | "flags";

export interface DenseKernels {
  forward: Kernel<ForwardNames>;
  backwardInput: Kernel<BackwardNames>;
}

export async function compileDense(device: GPUDevice): Promise<DenseKernels> {
  return {
    forward: await compile(device, "dense/forward.wgsl", forward, {
      layer: "uniform",
      chunk: "chunk",
      parameters: "read",
      x: "read",
      y: "write",
      flags: "write",
    }),
    backwardInput: await compile(device, "dense/backward-input.wgsl", backwardInput, {
      layer: "uniform",
      chunk: "chunk",
      parameters: "read",
      x: "read",
      gy: "read",
      gx: "write",
      flags: "write",
    }),
  };
}

export const forwardLaunch = (
  device: GPUDevice,
  kernels: DenseKernels,
  layer: PaddedLayer,
  buffers: Record<ForwardNames, GPUBuffer>,
): Launch => launch(device, kernels.forward, buffers, (rows) => Math.ceil(rows / 4) * layer.outputs4);

export const backwardInputLaunch = (
  device: GPUDevice,
  kernels: DenseKernels,
  layer: PaddedLayer,
  buffers: Record<BackwardNames, GPUBuffer>,
): Launch => launch(device, kernels.backwardInput, buffers, (rows) => Math.ceil(rows / 4) * layer.inputs4);
