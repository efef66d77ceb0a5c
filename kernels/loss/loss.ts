/** From logits to gradients, and to the counts that are the evidence of fairness. */
import { type Launch, launch } from "../dispatch.ts";
import { compile, type Kernel } from "../shader.ts";
import gradient from "./gradient.wgsl?raw";
import histogram from "./histogram.wgsl?raw";
import selected from "./selected.wgsl?raw";

type RowNames = "tables" | "chunk" | "logits" | "batch" | "facts";
type GradientNames = RowNames | "witness" | "g" | "flags";
type HistogramNames = RowNames | "counts";
type SelectedNames = RowNames | "thresholds" | "counts";

export interface LossKernels {
  gradient: Kernel<GradientNames>;
  histogram: Kernel<HistogramNames>;
  selected: Kernel<SelectedNames>;
}

const rowBindings = { tables: "uniform", chunk: "chunk", logits: "read", batch: "read", facts: "read" } as const;

export async function compileLoss(device: GPUDevice): Promise<LossKernels> {
  return {
    gradient: await compile(device, "loss/gradient.wgsl", gradient, {
      ...rowBindings,
      witness: "read",
      g: "write",
      flags: "write",
    }),
    histogram: await compile(device, "loss/histogram.wgsl", histogram, { ...rowBindings, counts: "write" }),
    selected: await compile(device, "loss/selected.wgsl", selected, {
      ...rowBindings,
      thresholds: "read",
      counts: "write",
    }),
  };
}

export const gradientLaunch = (
  device: GPUDevice,
  kernels: LossKernels,
  buffers: Record<GradientNames, GPUBuffer>,
): Launch => launch(device, kernels.gradient, buffers, (rows) => 4 * Math.ceil(rows / 4));

export const histogramLaunch = (
  device: GPUDevice,
  kernels: LossKernels,
  buffers: Record<HistogramNames, GPUBuffer>,
): Launch => launch(device, kernels.histogram, buffers, (rows) => rows);

export const selectedLaunch = (
  device: GPUDevice,
  kernels: LossKernels,
  buffers: Record<SelectedNames, GPUBuffer>,
): Launch => launch(device, kernels.selected, buffers, (rows) => rows);
