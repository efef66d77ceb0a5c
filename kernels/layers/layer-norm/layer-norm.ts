/** Normalisation of each token, or of the one vector, by itself; normalisation over a batch would mix rows, and no clipping could part them. */
import type { Arena } from "../../arena.ts";
import { type Launch, launch } from "../../dispatch.ts";
import type { PlacedLayer } from "../../layout.ts";
import { compile } from "../../wgsl/shader.ts";
import { flagsOf } from "../activation.ts";
import { clippedInstances, instanceSum, instancesOf } from "../instances/instances.ts";
import type { LayerKind, OwnBuffer } from "../kind.ts";
import { linesOf, numberwise, sideOf } from "../lines.ts";
import backwardSource from "./backward.wgsl?raw";
import forwardSource from "./forward.wgsl?raw";
import gradientsSource from "./gradients.wgsl?raw";

/** Threads a group where a thread has a whole token to read. */
const tokenGroup = 16;

const statisticsOf = ({ index, positions }: PlacedLayer): OwnBuffer => ({
  name: `statistics ${index}`,
  rows: { width: 2, stride: 4, ones: false },
  each: positions,
});

const specialOf = ({ output, inputs, weights }: PlacedLayer, flags: Record<string, boolean> = {}) =>
  numberwise(output, { ...flags, affine: inputs > 0 }, { OFFSET: weights });

export const layerNorm: LayerKind = {
  buffers: (layer) => [statisticsOf(layer), ...(layer.frozen || layer.inputs === 0 ? [] : [instancesOf(layer)])],
  async forward(device, layer) {
    const { input, output, epsilon } = layer;
    const bindings = { chunk: "chunk", parameters: "read", x: "read", y: "write", statistics: "write" } as const;
    const shaped = specialOf(layer);
    const special = { ...shaped, constants: { ...shaped.constants, EPSILON: epsilon } };
    const kernel = await compile(device, "layers/layer-norm/forward.wgsl", forwardSource, bindings, special);
    return (arena) => {
      const buffers = {
        chunk: arena.get("chunks"),
        parameters: arena.get(layer.parametersIn),
        x: arena.get(input.activation),
        y: arena.get(output.activation),
        statistics: arena.get(statisticsOf(layer).name),
      };
      return [launch(device, kernel, buffers, linesOf(output), tokenGroup)];
    };
  },
  async backward(device, layer) {
    const { index, input, output, activationBelow, adding } = layer;
    const shaped = specialOf(layer, { ...flagsOf(activationBelow), adding });
    const kernel = await compile(
      device,
      "layers/layer-norm/backward.wgsl",
      backwardSource,
      { chunk: "chunk", parameters: "read", x: "read", statistics: "read", g: "read", gx: "write", flags: "write" },
      { ...shaped, constants: { ...shaped.constants, LAYER: index - 1 } },
    );
    return (arena) => {
      const buffers = {
        chunk: arena.get("chunks"),
        parameters: arena.get(layer.parametersIn),
        x: arena.get(input.activation),
        statistics: arena.get(statisticsOf(layer).name),
        g: arena.get(output.gradient),
        gx: arena.get(input.gradient),
        flags: arena.get("flags"),
      };
      return [launch(device, kernel, buffers, linesOf(output), tokenGroup)];
    };
  },
  async plain(device, layer, _, __, descent) {
    const [bindGradients, bindSum] = await Promise.all([
      gradients(device, layer),
      instanceSum(device, layer, "gradient", descent),
    ]);
    return (arena) => [bindGradients(arena), bindSum(arena)];
  },
  async clipped(device, layer, _, __, descent) {
    return clippedInstances(device, layer, await gradients(device, layer), descent);
  },
};

async function gradients(device: GPUDevice, layer: PlacedLayer): Promise<(arena: Arena) => Launch> {
  const { input, output, outputs } = layer;
  const instances = instancesOf(layer);
  const kernel = await compile(
    device,
    "layers/layer-norm/gradients.wgsl",
    gradientsSource,
    { chunk: "chunk", x: "read", statistics: "read", g: "read", instances: "write", spans: "read" },
    numberwise(output, {}, { ROW_STRIDE: instances.rows.stride }),
  );
  return (arena) => {
    const buffers = {
      chunk: arena.get("chunks"),
      x: arena.get(input.activation),
      statistics: arena.get(statisticsOf(layer).name),
      g: arena.get(output.gradient),
      instances: arena.get(instances.name),
      spans: arena.get("spans"),
    };
    return launch(device, kernel, buffers, (rows) => (rows * outputs) / sideOf(output));
  };
}
