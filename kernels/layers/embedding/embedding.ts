/** Token numbers to vectors: a product with a matrix of which nearly every number is zero, so nothing is multiplied. */
import { launch } from "../../dispatch.ts";
import { idStride, type PlacedLayer, wholeQuads } from "../../layout.ts";
import { descendAfter } from "../../optimizer/descend.ts";
import { roundsByShift } from "../../private-sum/rounding.ts";
import { compile } from "../../wgsl/shader.ts";
import type { LayerKind, OwnBuffer } from "../kind.ts";
import { linesOf } from "../lines.ts";
import chainsSource from "./chains.wgsl?raw";
import clippedSumSource from "./clipped-sum.wgsl?raw";
import exampleNormSource from "./example-norm.wgsl?raw";
import forwardSource from "./forward.wgsl?raw";
import plainGradientSource from "./plain-gradient.wgsl?raw";

/** Threads a group where a thread has a whole row or column to itself. */
const longGroup = 16;

const chainsOf = ({ index, positions }: PlacedLayer): OwnBuffer => ({
  name: `chains ${index}`,
  rows: { width: positions, stride: wholeQuads(positions), ones: false },
  each: 1,
});

const constantsOf = ({ output, outputs, positions }: PlacedLayer) => ({
  LINES: positions,
  IDS_STRIDE: idStride,
  WIDTH: outputs,
  STRIDE: output.pixelStride,
});

/** Token numbers are packed, whatever comes behind them. */
const packed = { counts: {}, flags: { packed: true } };

const file = (name: string) => `layers/embedding/${name}.wgsl`;

export const embedding: LayerKind = {
  buffers: (layer) => (layer.frozen ? [] : [chainsOf(layer)]),
  async forward(device, layer) {
    const { input, output } = layer;
    const bindings = { chunk: "chunk", parameters: "read", ids: "read", y: "write" } as const;
    const special = { constants: constantsOf(layer), scope: packed };
    const kernel = await compile(device, file("forward"), forwardSource, bindings, special);
    return (arena) => {
      const buffers = {
        chunk: arena.get("chunks"),
        parameters: arena.get(layer.parametersIn),
        ids: arena.get(input.activation),
        y: arena.get(output.activation),
      };
      return [launch(device, kernel, buffers, (rows, facts) => linesOf(output)(rows, facts) * layer.outputs)];
    };
  },
  backward: () => {
    throw new Error("broken invariant: below an embedding there is nothing");
  },
  async plain(device, layer, parameters, _, descent) {
    const descend = await descendAfter(device, layer, parameters, "gradient", descent);
    const { input, output, outputs } = layer;
    const kernel = await compile(
      device,
      file("plain-gradient"),
      plainGradientSource,
      { chunk: "chunk", ids: "read", g: "read", gradient: "write", spans: "read" },
      { constants: constantsOf(layer), scope: packed },
    );
    return (arena) => {
      const buffers = {
        chunk: arena.get("chunks"),
        ids: arena.get(input.activation),
        g: arena.get(output.gradient),
        gradient: arena.get("gradient"),
        spans: arena.get("spans"),
      };
      return [launch(device, kernel, buffers, () => outputs, longGroup), ...descend(arena)];
    };
  },
  async clipped(device, layer, parameters, _, descent) {
    const { index, input, output, outputs } = layer;
    const { LINES, IDS_STRIDE, WIDTH, STRIDE } = constantsOf(layer);
    const [chains, norm, sum, descend] = await Promise.all([
      compile(
        device,
        file("chains"),
        chainsSource,
        { chunk: "chunk", ids: "read", chain: "write", places: "read", spans: "read" },
        { constants: { LINES, IDS_STRIDE }, scope: packed },
      ),
      compile(
        device,
        file("example-norm"),
        exampleNormSource,
        { chunk: "chunk", chain: "read", g: "read", norms: "write", flags: "write", factors: "write", spans: "read" },
        { constants: { LINES, WIDTH, STRIDE, LAYER: index }, scope: packed },
      ),
      compile(
        device,
        file("clipped-sum"),
        clippedSumSource,
        { chunk: "chunk", chain: "read", ids: "read", g: "read", factors: "read", sum: "write", spans: "read" },
        {
          constants: { LINES, IDS_STRIDE, WIDTH, STRIDE },
          scope: { counts: {}, flags: { ...packed.flags, shifts: await roundsByShift(device) } },
        },
      ),
      descendAfter(device, layer, parameters, "sum", descent),
    ]);
    return (arena) => {
      const chunk = arena.get("chunks");
      const chain = arena.get(chainsOf(layer).name);
      const ids = arena.get(input.activation);
      const g = arena.get(output.gradient);
      const [norms, factors] = [arena.get("norms"), arena.get("factors")];
      const [places, spans] = [arena.get("places"), arena.get("spans")];
      return {
        norm: [
          launch(device, chains, { chunk, ids, chain, places, spans }, linesOf(output)),
          launch(
            device,
            norm,
            { chunk, chain, g, norms, flags: arena.get("flags"), factors, spans },
            (rows) => rows,
            longGroup,
          ),
        ],
        sum: [
          launch(
            device,
            sum,
            { chunk, chain, ids, g, factors, sum: arena.get("sum"), spans },
            () => outputs,
            longGroup,
          ),
          ...descend(arena),
        ],
      };
    };
  },
};
