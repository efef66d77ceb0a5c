/**
 * The sum that ends a residual, of what went in and what its layers made of it; and that of a frozen product with its
 * adapter's, behind which stands the activation.
 */
import { launch } from "../../dispatch.ts";
import { compile } from "../../wgsl/shader.ts";
import { flagsOf } from "../activation.ts";
import type { LayerKind } from "../kind.ts";
import { numberwise, threadsOf } from "../lines.ts";
import backwardSource from "./backward.wgsl?raw";
import forwardSource from "./forward.wgsl?raw";

export const add: LayerKind = {
  buffers: () => [],
  async forward(device, { input, skip, output, activation }) {
    const bindings = { chunk: "chunk", a: "read", b: "read", y: "write" } as const;
    const special = numberwise(output, flagsOf(activation));
    const kernel = await compile(device, "layers/add/forward.wgsl", forwardSource, bindings, special);
    return (arena) => {
      const [a, b, y] = [arena.get(input.activation), arena.get(skip!.activation), arena.get(output.activation)];
      return [launch(device, kernel, { chunk: arena.get("chunks"), a, b, y }, threadsOf(output))];
    };
  },
  async backward(device, { skip, output, adding }) {
    const bindings = { chunk: "chunk", g: "read", gb: "write" } as const;
    const special = numberwise(output, { adding });
    const kernel = await compile(device, "layers/add/backward.wgsl", backwardSource, bindings, special);
    return (arena) => {
      const buffers = { chunk: arena.get("chunks"), g: arena.get(output.gradient), gb: arena.get(skip!.gradient) };
      return [launch(device, kernel, buffers, threadsOf(output))];
    };
  },
  plain: async () => () => [],
  clipped: async () => () => ({ norm: [], sum: [] }),
};
