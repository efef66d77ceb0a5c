/**
 * Layers whose parameters are used many times for one row: the row's gradient is a sum over its pixels or tokens. It is
 * smaller than what it comes from, so it is formed for each row by itself, and both its norm and the clipped sum read it
 * from there.
 */
import type { Arena } from "../../arena.ts";
import { type Launch, launch } from "../../dispatch.ts";
import { type PlacedLayer, wholeQuads } from "../../layout.ts";
import { descentBuffers, descentSpecial, momentBindings, type Optimizer } from "../../optimizer/optimizer.ts";
import { roundsByShift } from "../../private-sum/rounding.ts";
import { type Binding, compile } from "../../wgsl/shader.ts";
import { exampleNorm } from "../dense/example-norm.ts";
import type { Clipped, OwnBuffer } from "../kind.ts";
import instanceSumSource from "./instance-sum.wgsl?raw";

type Bind = (arena: Arena) => Launch;
type InstanceSumNames = "chunk" | "instances" | "sum" | "factors" | keyof ReturnType<typeof descentBuffers>;

/** Each row's gradient [parameters of the layer]. */
export function instancesOf({ index, parameters }: PlacedLayer): OwnBuffer {
  return {
    name: `instances ${index}`,
    rows: { width: parameters, stride: wholeQuads(parameters), ones: false },
    each: 1,
  };
}

/** @param bindInstances writes the rows' gradients */
export async function clippedInstances(
  device: GPUDevice,
  layer: PlacedLayer,
  bindInstances: Bind,
  descent: Optimizer | undefined,
): Promise<(arena: Arena) => Clipped> {
  const { name, rows } = instancesOf(layer);
  const [bindNorm, bindSum] = await Promise.all([
    exampleNorm(device, layer, { buffer: name, stride: rows.stride }),
    instanceSum(device, layer, "sum", descent),
  ]);
  return (arena) => ({ norm: [bindInstances(arena), bindNorm(arena)], sum: [bindSum(arena)] });
}

/**
 * The rows' gradients added up: clipped integers to `sum`, or as they are to the first slice of `gradient`; with
 * `descent` the layer's parameters take their step along it instead.
 */
export async function instanceSum(
  device: GPUDevice,
  layer: PlacedLayer,
  to: "sum" | "gradient",
  descent: Optimizer | undefined,
): Promise<Bind> {
  const { name, rows } = instancesOf(layer);
  const descends = descent && descentSpecial(descent);
  const result = descent ? { parameters: "write" } : { sum: "write" };
  const kernel = await compile(
    device,
    "layers/instances/instance-sum.wgsl",
    instanceSumSource,
    { chunk: "chunk", instances: "read", ...result, factors: "read", ...(descent && momentBindings) } as Record<
      InstanceSumNames,
      Binding
    >,
    {
      constants: {
        STRIDE: rows.stride,
        PARAMETERS: layer.parameters,
        OFFSET: layer.weights,
        ...descends?.constants,
      },
      scope: {
        counts: { step: 4 },
        flags: {
          ...{ plain: to === "gradient", shifts: await roundsByShift(device) },
          ...{ descends: descent !== undefined, ...descends?.flags },
        },
      },
    },
  );
  return (arena) => {
    const buffers = {
      chunk: arena.get("chunks"),
      instances: arena.get(name),
      sum: arena.get(to),
      factors: arena.get("factors"),
      ...descentBuffers(arena),
    };
    return launch(device, kernel, buffers, () => Math.ceil(layer.parameters / 4));
  };
}
