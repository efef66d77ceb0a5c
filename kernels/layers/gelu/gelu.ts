/** The activation whose slope does not follow from its value, so that it is kept, in the place of what went in. */
import { launch } from "../../dispatch.ts";
import { compile } from "../../wgsl/shader.ts";
import type { LayerKind } from "../kind.ts";
import { numberwise, threadsOf } from "../lines.ts";
import backwardSource from "./backward.wgsl?raw";
import forwardSource from "./forward.wgsl?raw";

export const gelu: LayerKind = {
  buffers: () => [],
  async forward(device, { input, output, returns }) {
    const bindings = { chunk: "chunk", x: "write", y: "write" } as const;
    const special = numberwise(output, { returns });
    const kernel = await compile(device, "layers/gelu/forward.wgsl", forwardSource, bindings, special);
    return (arena) => {
      const [x, y] = [arena.get(input.activation), arena.get(output.activation)];
      return [launch(device, kernel, { chunk: arena.get("chunks"), x, y }, threadsOf(output))];
    };
  },
  async backward(device, { input, output }) {
    const bindings = { chunk: "chunk", slope: "read", g: "read", gx: "write" } as const;
    const special = numberwise(output);
    const kernel = await compile(device, "layers/gelu/backward.wgsl", backwardSource, bindings, special);
    return (arena) => {
      const [slope, g, gx] = [arena.get(input.activation), arena.get(output.gradient), arena.get(input.gradient)];
      return [launch(device, kernel, { chunk: arena.get("chunks"), slope, g, gx }, threadsOf(output))];
    };
  },
  plain: async () => () => [],
  clipped: async () => () => ({ norm: [], sum: [] }),
};
