/**
 * A convolution as a product of matrices: the patch of every position is a row. A row of the micro-batch has many
 * positions, and its gradient is a sum over them. It is smaller than the patches it comes from, so it is formed for each
 * row by itself, and both its norm and the clipped sum read it from there.
 */
import { launch } from "../../dispatch.ts";
import { type PlacedLayer, wholeQuads } from "../../layout.ts";
import { compile } from "../../wgsl/shader.ts";
import { flagsOf } from "../activation.ts";
import {
  type Affine,
  backwardProduct,
  exampleNorm,
  forwardProduct,
  plainGradient,
} from "../dense/dense.ts";
import type { LayerKind } from "../kind.ts";
import { windowConstants } from "../window.ts";
import foldSource from "./fold.wgsl?raw";
import instanceSumSource from "./instance-sum.wgsl?raw";
import unfoldSource from "./unfold.wgsl?raw";

const patchStride = ({ inputs }: { inputs: number }) => wholeQuads(inputs + 1);
const instanceStride = ({ inputs, outputs }: { inputs: number; outputs: number }) => wholeQuads((inputs + 1) * outputs);

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
  };
}

export const conv2d: LayerKind = {
  buffers(layer) {
    const { index, inputs, outputs, positions } = layer;
    const patch = { width: inputs, stride: patchStride(layer) };
    const instance = { width: (inputs + 1) * outputs, stride: instanceStride(layer), ones: false };
    return [
      { name: `patches ${index}`, rows: { ...patch, ones: true }, each: positions },
      { name: `patch gradients ${index}`, rows: { ...patch, ones: false }, each: positions },
      { name: `instances ${index}`, rows: instance, each: 1 },
    ];
  },
  async forward(device, layer, tileFor) {
    const { index, input } = layer;
    const stride = patchStride(layer);
    const [unfold, bindProduct] = await Promise.all([
      compile(
        device,
        "layers/conv2d/unfold.wgsl",
        unfoldSource,
        { chunk: "chunk", x: "read", patches: "write" },
        {
          constants: { ...windowConstants(layer), STRIDE: stride },
          scope: { counts: { pixel: layer.size }, flags: {} },
        },
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
        {
          constants: { ...windowConstants(layer), STRIDE: patchStride(layer), LAYER: index - 1 },
          scope: { counts: { pixel: layer.size }, flags: flagsOf(layer.activationBelow) },
        },
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
      return [bindProduct(arena), launch(device, fold, buffers, (rows) => rows * input.width)];
    };
  },
  async plain(device, layer, parameters, tileFor) {
    const bind = await plainGradient(device, affineOf(layer), { to: "gradient", parameters }, tileFor);
    return (arena) => [bind(arena)];
  },
  async clipped(device, layer, tileFor) {
    const { index, inputs, outputs, weights } = layer;
    const count = (inputs + 1) * outputs;
    const instances = { buffer: `instances ${index}`, stride: instanceStride(layer) };
    const affine = affineOf(layer);
    const [bindInstances, bindNorm, sum] = await Promise.all([
      plainGradient(device, affine, { to: instances.buffer, rowStride: instances.stride }, tileFor),
      exampleNorm(device, affine, instances),
      compile(
        device,
        "layers/conv2d/instance-sum.wgsl",
        instanceSumSource,
        { chunk: "chunk", instances: "read", factors: "read", sum: "write" },
        { constants: { STRIDE: instances.stride, PARAMETERS: count, OFFSET: weights } },
      ),
    ]);
    return (arena) => {
      const buffers = {
        chunk: arena.get("chunks"),
        instances: arena.get(instances.buffer),
        factors: arena.get("factors"),
        sum: arena.get("sum"),
      };
      return {
        norm: [bindInstances(arena), bindNorm(arena)],
        sum: [launch(device, sum, buffers, () => count)],
      };
    };
  },
};
