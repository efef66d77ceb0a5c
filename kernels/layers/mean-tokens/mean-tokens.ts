/** From tokens to one vector. */
import { launch } from "../../dispatch.ts";
import type { PlacedLayer } from "../../layout.ts";
import { compile } from "../../wgsl/shader.ts";
import { countedOf } from "../counted.ts";
import type { LayerKind } from "../kind.ts";
import backwardSource from "./backward.wgsl?raw";
import forwardSource from "./forward.wgsl?raw";

function specialOf(layer: PlacedLayer) {
  const { input, output } = layer;
  const { constants, flags } = countedOf(layer, input.pixels);
  const own = { WIDTH: output.width, X_STRIDE: input.pixelStride, Y_STRIDE: output.stride };
  return { constants: { ...constants, ...own }, scope: { counts: {}, flags } };
}

export const meanTokens: LayerKind = {
  buffers: () => [],
  async forward(device, layer) {
    const { input, output } = layer;
    const bindings = { chunk: "chunk", x: "read", y: "write", lengths: "read" } as const;
    const kernel = await compile(device, "layers/mean-tokens/forward.wgsl", forwardSource, bindings, specialOf(layer));
    return (arena) => {
      const lengths = arena.get("lengths");
      const buffers = {
        chunk: arena.get("chunks"),
        x: arena.get(input.activation),
        y: arena.get(output.activation),
        lengths,
      };
      return [launch(device, kernel, buffers, (rows) => rows * output.width)];
    };
  },
  async backward(device, layer) {
    const { input, output } = layer;
    const bindings = { chunk: "chunk", g: "read", gx: "write", lengths: "read" } as const;
    const kernel = await compile(
      device,
      "layers/mean-tokens/backward.wgsl",
      backwardSource,
      bindings,
      specialOf(layer),
    );
    return (arena) => {
      const lengths = arena.get("lengths");
      const buffers = {
        chunk: arena.get("chunks"),
        g: arena.get(output.gradient),
        gx: arena.get(input.gradient),
        lengths,
      };
      return [launch(device, kernel, buffers, (rows) => rows * output.width)];
    };
  },
  plain: async () => () => [],
  clipped: async () => () => ({ norm: [], sum: [] }),
};
