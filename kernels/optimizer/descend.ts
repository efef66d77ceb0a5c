/** The step where the kernels that sum the gradients do not take it themselves. */
import type { Arena } from "../arena.ts";
import { type Launch, launch } from "../dispatch.ts";
import { sliceOf } from "../layers/dense/dense.ts";
import { type Layout, wholeQuads } from "../layout.ts";
import { type Binding, compile } from "../wgsl/shader.ts";
import descend from "./descend.wgsl?raw";
import { descentBuffers, descentSpecial, type Optimizer } from "./optimizer.ts";

type Names = "chunk" | "parameters" | "sum" | "anchor" | "first" | "second" | "steps" | "drift";

/**
 * The step by itself, of all parameters or of one layer's.
 * @param sum `sum` of clipped rows in integers, or `gradient` of plain ones in slices of floats
 * @param drifts of many models: whether each adds a vector of its own to every gradient
 */
export async function compileDescend(
  device: GPUDevice,
  { parameters, many }: Pick<Layout, "parameters" | "many">,
  optimizer: Optimizer,
  { sum, drifts = false }: { sum: "sum" | "gradient"; drifts?: boolean },
  own: { weights: number; parameters: number } = { weights: 0, parameters },
): Promise<(arena: Arena) => Launch> {
  const { constants, flags } = descentSpecial(optimizer, drifts);
  const kernel = await compile<Names>(
    device,
    "optimizer/descend.wgsl",
    descend,
    {
      ...{ chunk: "chunk", parameters: "write", sum: "write", anchor: "read", first: "write", second: "write" },
      ...(many && { steps: "read", drift: "read" }),
    } as Record<Names, Binding>,
    {
      constants: {
        ...constants,
        PARAMETERS: own.parameters,
        OFFSET: own.weights,
        SLICE_STRIDE: wholeQuads(parameters),
        MODEL_STRIDE: parameters,
        ...(many && { SLICE: sliceOf(1) }),
      },
      scope: { counts: { step: 4 }, flags: { ...flags, many, plain: sum === "gradient" } },
    },
  );
  return (arena) => {
    const get = (name: string) => arena.get(name);
    const buffers = { chunk: get("chunks"), sum: get(sum), steps: get("steps"), drift: get("drift") };
    const threads: Launch["threads"] = (rows, { room }) => Math.ceil(own.parameters / 4) * (rows / room);
    return launch(device, kernel, { ...buffers, ...descentBuffers(arena) }, threads);
  };
}

/** Of a layer whose kernels cannot take the step themselves: the step behind them, where one is wanted. */
export async function descendAfter(
  device: GPUDevice,
  layer: { weights: number; parameters: number },
  parameters: number,
  sum: "sum" | "gradient",
  descent: Optimizer | undefined,
): Promise<(arena: Arena) => Launch[]> {
  if (descent === undefined) return () => [];
  const bind = await compileDescend(device, { parameters, many: false }, descent, { sum }, layer);
  return (arena) => [bind(arena)];
}
