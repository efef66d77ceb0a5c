/** The largest of each window. Nothing to learn. */
import { launch } from "../../dispatch.ts";
import type { PlacedLayer } from "../../layout.ts";
import { compile } from "../../wgsl/shader.ts";
import { flagsOf } from "../activation.ts";
import type { LayerKind } from "../kind.ts";
import { channelsEach, windowed } from "../window.ts";
import backwardSource from "./backward.wgsl?raw";
import forwardSource from "./forward.wgsl?raw";

/** Loops of a few turns cost as much as one turn more. */
const countsOf = ({ size }: PlacedLayer) => ({ dy: size, dx: size });

export const maxPool2d: LayerKind = {
  buffers: () => [],
  async forward(device, layer) {
    const { input, output } = layer;
    const kernel = await compile(
      device,
      "layers/max-pool2d/forward.wgsl",
      forwardSource,
      { chunk: "chunk", x: "read", y: "write" },
      windowed(layer, { Y_ROW: output.stride }, { scope: { counts: countsOf(layer), flags: {} } }),
    );
    return (arena) => {
      const chunk = arena.get("chunks");
      const buffers = { chunk, x: arena.get(input.activation), y: arena.get(output.activation) };
      return [launch(device, kernel, buffers, (rows) => (rows * output.width) / channelsEach(layer))];
    };
  },
  async backward(device, layer) {
    const { input, output } = layer;
    const kernel = await compile(
      device,
      "layers/max-pool2d/backward.wgsl",
      backwardSource,
      { chunk: "chunk", x: "read", g: "read", gx: "write" },
      windowed(
        layer,
        { Y_ROW: output.stride },
        { scope: { counts: countsOf(layer), flags: flagsOf(layer.activationBelow) } },
      ),
    );
    return (arena) => {
      const chunk = arena.get("chunks");
      const x = arena.get(input.activation);
      const buffers = { chunk, x, g: arena.get(output.gradient), gx: arena.get(input.gradient) };
      return [launch(device, kernel, buffers, (rows) => (rows * output.width) / channelsEach(layer))];
    };
  },
  plain: async () => () => [],
  clipped: async () => () => ({ norm: [], sum: [] }),
};
