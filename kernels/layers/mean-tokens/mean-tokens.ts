/** From tokens to one vector. */
import { launch } from "../../dispatch.ts";
import type { PlacedLayer } from "../../layout.ts";
import { compile } from "../../wgsl/shader.ts";
import type { LayerKind } from "../kind.ts";
import backwardSource from "./backward.wgsl?raw";
import forwardSource from "./forward.wgsl?raw";

function specialOf(layer: PlacedLayer) {
  const { input, output } = layer;
  const { rowsEach, pixelStride, packed } = input;
  const constants = { LINES: rowsEach, WIDTH: output.width, X_STRIDE: pixelStride, Y_STRIDE: output.stride };
  return { constants, scope: { counts: {}, flags: { packed } } };
}

export const meanTokens: LayerKind = {
  buffers: () => [],
  async forward(device, layer) {
    const { input, output } = layer;
    const bindings = { chunk: "chunk", x: "read", y: "write", spans: "read" } as const;
    const kernel = await compile(device, "layers/mean-tokens/forward.wgsl", forwardSource, bindings, specialOf(layer));
    return (arena) => {
      const buffers = {
        chunk: arena.get("chunks"),
        x: arena.get(input.activation),
        y: arena.get(output.activation),
        spans: arena.get("spans"),
      };
      return [launch(device, kernel, buffers, (rows) => rows * output.width)];
    };
  },
  async backward(device, layer) {
    const { input, output } = layer;
    const bindings = { chunk: "chunk", g: "read", gx: "write", spans: "read" } as const;
    const kernel = await compile(
      device,
      "layers/mean-tokens/backward.wgsl",
      backwardSource,
      bindings,
      specialOf(layer),
    );
    return (arena) => {
      const buffers = {
        chunk: arena.get("chunks"),
        g: arena.get(output.gradient),
        gx: arena.get(input.gradient),
        spans: arena.get("spans"),
      };
      return [launch(device, kernel, buffers, (rows) => rows * output.width)];
    };
  },
  plain: async () => () => [],
  clipped: async () => () => ({ norm: [], sum: [] }),
};
