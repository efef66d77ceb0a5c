/** To each token the vector of its place. It comes with an encoder: nothing before it is trained, nor is it. */
import { launch } from "../../dispatch.ts";
import { compile } from "../../wgsl/shader.ts";
import type { LayerKind } from "../kind.ts";
import { linesOf } from "../lines.ts";
import forwardSource from "./forward.wgsl?raw";

const untrained = () => {
  throw new Error("broken invariant: positions and what is below them are frozen");
};

export const positions: LayerKind = {
  buffers: () => [],
  async forward(device, { input, output, weights, parametersIn }) {
    const bindings = { chunk: "chunk", parameters: "read", x: "read", y: "write", places: "read" } as const;
    const { rows, rowsEach, packed } = output;
    const constants = { LINES: rowsEach, WIDTH: rows.width, STRIDE: rows.stride, OFFSET: weights };
    const special = { constants, scope: { counts: {}, flags: { packed } } };
    const kernel = await compile(device, "layers/positions/forward.wgsl", forwardSource, bindings, special);
    return (arena) => {
      const buffers = {
        chunk: arena.get("chunks"),
        parameters: arena.get(parametersIn),
        x: arena.get(input.activation),
        y: arena.get(output.activation),
        places: arena.get("places"),
      };
      return [launch(device, kernel, buffers, (count, facts) => linesOf(output)(count, facts) * rows.width)];
    };
  },
  backward: untrained,
  plain: untrained,
  clipped: untrained,
};
