/** From logits to gradients, and to the counts that are the evidence of fairness. */
import { type Launch, launch } from "../dispatch.ts";
import { linesOf } from "../layers/lines.ts";
import type { PlacedLayer } from "../layout.ts";
import { type Binding, compile, type Kernel } from "../wgsl/shader.ts";
import histogram from "./histogram.wgsl?raw";
import selected from "./selected.wgsl?raw";
import sigmoidGradient from "./sigmoid-gradient.wgsl?raw";
import softmaxGradient from "./softmax-gradient.wgsl?raw";

type RowNames = "tables" | "chunk" | "logits" | "batch" | "facts";
type GradientNames = RowNames | "witness" | "g" | "flags" | "steps" | "places";
type HistogramNames = RowNames | "counts";
type SelectedNames = RowNames | "thresholds" | "counts";

export interface CountKernels {
  histogram: Kernel<HistogramNames>;
  selected: Kernel<SelectedNames>;
}

const rowBindings = { tables: "uniform", chunk: "chunk", logits: "read", batch: "read", facts: "read" } as const;

/** Cross-entropy of a logit's sigmoid, with the fairness tables; of several logits' softmax, of rows or tokens, without. */
export function compileLossGradient(
  device: GPUDevice,
  { outputs, output, modelStride }: PlacedLayer,
): Promise<Kernel<GradientNames>> {
  const many = modelStride > 0;
  const { packed, rowsEach } = output;
  const whose = { ...(many && { steps: "read" }), ...(packed && { places: "read" }) };
  const results = { g: "write", flags: "write", ...whose } as const;
  const scope = { counts: {}, flags: { many, packed } };
  if (outputs === 1) {
    const bindings = { ...rowBindings, witness: "read", ...results } as Record<GradientNames, Binding>;
    return compile(device, "loss/sigmoid-gradient.wgsl", sigmoidGradient, bindings, { constants: {}, scope });
  }
  return compile<Exclude<GradientNames, "witness">>(
    device,
    "loss/softmax-gradient.wgsl",
    softmaxGradient,
    { ...rowBindings, ...results } as Record<Exclude<GradientNames, "witness">, Binding>,
    { constants: { LINES: rowsEach, CLASSES: outputs, STRIDE: output.rows.stride }, scope },
  );
}

export async function compileCounts(device: GPUDevice): Promise<CountKernels> {
  const [first, second] = await Promise.all([
    compile(device, "loss/histogram.wgsl", histogram, { ...rowBindings, counts: "write" }),
    compile(device, "loss/selected.wgsl", selected, { ...rowBindings, thresholds: "read", counts: "write" }),
  ]);
  return { histogram: first, selected: second };
}

export const gradientLaunch = (
  device: GPUDevice,
  kernel: Kernel<GradientNames>,
  { output }: PlacedLayer,
  buffers: Record<GradientNames, GPUBuffer>,
): Launch => launch(device, kernel, buffers, linesOf(output), 16);

export const histogramLaunch = (
  device: GPUDevice,
  kernels: CountKernels,
  buffers: Record<HistogramNames, GPUBuffer>,
): Launch => launch(device, kernels.histogram, buffers, (rows) => rows);

export const selectedLaunch = (
  device: GPUDevice,
  kernels: CountKernels,
  buffers: Record<SelectedNames, GPUBuffer>,
): Launch => launch(device, kernels.selected, buffers, (rows) => rows);
