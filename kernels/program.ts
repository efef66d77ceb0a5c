/**
 * The launches of one model in the order they run:
 *
 *   gather → forward … forward → logits ─┬─▶ histogram, selected                     (counts)
 *                                        └─▶ gradient → norm → backward → norm …     (once back through the layers)
 *                                              └─▶ clip factor → clipped sum a layer → descend
 */
import type { Arena } from "./arena.ts";
import { backwardInputLaunch, compileDense, type DenseKernels, forwardLaunch } from "./dense/dense.ts";
import type { Launch } from "./dispatch.ts";
import { compileGather, gatherLaunch } from "./gather/gather.ts";
import type { Layout } from "./layout.ts";
import { compileLoss, gradientLaunch, histogramLaunch, type LossKernels, selectedLaunch } from "./loss/loss.ts";
import { compileDescend, descendLaunch } from "./optimizer/descend.ts";
import {
  clipFactorLaunch,
  clippedSumLaunch,
  compilePrivateSum,
  exampleNormLaunch,
  type PrivateSumKernels,
} from "./private-sum/private-sum.ts";

export interface Kernels {
  gather: Awaited<ReturnType<typeof compileGather>>;
  dense: DenseKernels;
  loss: LossKernels;
  privateSum: PrivateSumKernels;
  descend: Awaited<ReturnType<typeof compileDescend>>;
}

export async function compileKernels(device: GPUDevice): Promise<Kernels> {
  return {
    gather: await compileGather(device),
    dense: await compileDense(device),
    loss: await compileLoss(device),
    privateSum: await compilePrivateSum(device),
    descend: await compileDescend(device),
  };
}

/** Launches bound to the arena's buffers of one generation. */
export interface Program {
  /** Rows to logits */
  forward: Launch[];
  histogram: Launch;
  selected: Launch;
  /** Logits to the clipped integer sum */
  backward: Launch[];
  descend: Launch;
}

export function buildProgram(device: GPUDevice, kernels: Kernels, layout: Layout, arena: Arena): Program {
  const get = (name: string) => arena.get(name);
  const [chunk, flags, parameters, sum] = [get("chunks"), get("flags"), get("parameters"), get("sum")];
  const [norms, factors] = [get("norms"), get("factors")];
  const shape = (index: number) => get(`layer ${index}`);
  const activation = (index: number) => get(`activation ${index}`);
  const gradient = (index: number) => get(`gradient ${index}`);

  const { layers } = layout;
  const last = layers.length;
  const rows = { tables: get("tables"), chunk, logits: activation(last), batch: get("batch"), facts: get("facts") };

  const forward = [
    gatherLaunch(device, kernels.gather, layers[0]!, {
      layer: shape(0),
      chunk,
      features: get("features"),
      batch: rows.batch,
      x: activation(0),
    }),
    ...layers.map((layer, i) =>
      forwardLaunch(device, kernels.dense, layer, {
        layer: shape(i),
        chunk,
        parameters,
        x: activation(i),
        y: activation(i + 1),
        flags,
      }),
    ),
  ];

  const backward = [
    gradientLaunch(device, kernels.loss, { ...rows, witness: get("witness"), g: gradient(last), flags }),
  ];
  for (const layer of [...layers].reverse()) {
    const i = layer.index;
    const common = { layer: shape(i), chunk, flags };
    backward.push(
      exampleNormLaunch(device, kernels.privateSum, { ...common, a: activation(i), g: gradient(i + 1), norms }),
    );
    if (i === 0) break;
    const buffers = { ...common, parameters, x: activation(i), gy: gradient(i + 1), gx: gradient(i) };
    backward.push(backwardInputLaunch(device, kernels.dense, layer, buffers));
  }
  backward.push(clipFactorLaunch(device, kernels.privateSum, { chunk, norms, factors }));
  layers.forEach((layer, i) => {
    const buffers = { layer: shape(i), chunk, a: activation(i), g: gradient(i + 1), factors, sum };
    backward.push(clippedSumLaunch(device, kernels.privateSum, layer, buffers));
  });

  return {
    forward,
    histogram: histogramLaunch(device, kernels.loss, { ...rows, counts: get("histogram") }),
    selected: selectedLaunch(device, kernels.loss, {
      ...rows,
      thresholds: get("thresholds"),
      counts: get("selected"),
    }),
    backward,
    descend: descendLaunch(device, kernels.descend, layout, { chunk, parameters, sum }),
  };
}
