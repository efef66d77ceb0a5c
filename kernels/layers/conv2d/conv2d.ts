/** A convolution as a product of matrices: the patch of every position is a row. */
import { launch } from "../../dispatch.ts";
import { type PlacedLayer, wholeQuads } from "../../layout.ts";
import { descendAfter } from "../../optimizer/descend.ts";
import { compile } from "../../wgsl/shader.ts";
import { flagsOf } from "../activation.ts";
import { type Affine, backwardProduct, forwardProduct, instanceGradients, plainGradient } from "../dense/dense.ts";
import { clippedInstances, instancesOf } from "../instances/instances.ts";
import type { LayerKind } from "../kind.ts";
import { channelsEach, windowed } from "../window.ts";
import foldSource from "./fold.wgsl?raw";
import unfoldSource from "./unfold.wgsl?raw";

const patchStride = ({ inputs }: { inputs: number }) => wholeQuads(inputs + 1);

function affineOf({ input: _, output, ...layer }: PlacedLayer): Affine {
  const stride = patchStride(layer);
  return {
    ...layer,
    x: { buffer: `patches ${layer.index}`, stride },
    y: { buffer: output.activation, stride: output.pixelStride },
    g: { buffer: output.gradient, stride: output.pixelStride },
    gx: { buffer: `patch gradients ${layer.index}`, stride },
    // Patches are no activations; fold.wgsl knows those below.
    activationBelow: "none",
    adding: false,
    packed: false,
  };
}

export const conv2d: LayerKind = {
  buffers(layer) {
    const { index, inputs, positions } = layer;
    const patch = { width: inputs, stride: patchStride(layer) };
    return [
      { name: `patches ${index}`, rows: { ...patch, ones: true }, each: positions },
      { name: `patch gradients ${index}`, rows: { ...patch, ones: false }, each: positions },
      instancesOf(layer),
    ];
  },
  async forward(device, layer, tileFor) {
    const { index, input, inputShape } = layer;
    const stride = patchStride(layer);
    const [unfold, bindProduct] = await Promise.all([
      compile(
        device,
        "layers/conv2d/unfold.wgsl",
        unfoldSource,
        { chunk: "chunk", x: "read", patches: "write" },
        windowed(
          layer,
          { STRIDE: stride },
          { scope: { counts: { pixel: layer.size, channel: inputShape[2]! / channelsEach(layer) }, flags: {} } },
        ),
      ),
      forwardProduct(device, affineOf(layer), tileFor),
    ]);
    return (arena) => {
      const x = arena.get(input.activation);
      const buffers = { chunk: arena.get("chunks"), x, patches: arena.get(`patches ${index}`) };
      return [launch(device, unfold, buffers, (rows) => rows * layer.positions * layer.size), bindProduct(arena)];
    };
  },
  async backward(device, layer, tileFor) {
    const { index, input } = layer;
    const [fold, bindProduct] = await Promise.all([
      compile(
        device,
        "layers/conv2d/fold.wgsl",
        foldSource,
        { chunk: "chunk", patches: "read", x: "read", gx: "write", flags: "write" },
        windowed(
          layer,
          { STRIDE: patchStride(layer) },
          {
            constants: { LAYER: index - 1 },
            scope: { counts: { pixel: layer.size }, flags: flagsOf(layer.activationBelow) },
          },
        ),
      ),
      backwardProduct(device, affineOf(layer), tileFor),
    ]);
    return (arena) => {
      const buffers = {
        chunk: arena.get("chunks"),
        patches: arena.get(`patch gradients ${index}`),
        x: arena.get(input.activation),
        gx: arena.get(input.gradient),
        flags: arena.get("flags"),
      };
      return [bindProduct(arena), launch(device, fold, buffers, (rows) => (rows * input.width) / channelsEach(layer))];
    };
  },
  async plain(device, layer, parameters, tileFor, descent) {
    // Its parameters are few: slices of their sum keep all cores busy, and meet in a step of their own.
    const [bind, descend] = await Promise.all([
      plainGradient(device, affineOf(layer), { to: "gradient", parameters }, tileFor),
      descendAfter(device, layer, parameters, "gradient", descent),
    ]);
    return (arena) => [bind(arena), ...descend(arena)];
  },
  async clipped(device, layer, _, tileFor, descent) {
    return clippedInstances(device, layer, await instanceGradients(device, layer, affineOf(layer), tileFor), descent);
  },
};
