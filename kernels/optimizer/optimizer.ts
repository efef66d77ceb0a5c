/** Steps of local training; parameters never leave the GPU between them. */
import type { Arena } from "../arena.ts";
import { type Launch, launch } from "../dispatch.ts";
import { sliceOf } from "../layers/dense/dense.ts";
import type { Layout } from "../layout.ts";
import { type Binding, compile } from "../wgsl/shader.ts";
import descend from "./descend.wgsl?raw";

type Names = "chunk" | "parameters" | "sum" | "anchor" | "first" | "second" | "steps" | "drift";

/** See descend.wgsl. Moments begin at zero with every call: a participant brings none from one round to the next. */
export interface Optimizer {
  kind: "sgd" | "adam";
  /** β of sgd, from 0 to below 1; adam has its own */
  momentum: number;
  /** FedProx's μ, at least 0 */
  proximal: number;
}

export const plainSgd: Optimizer = { kind: "sgd", momentum: 0, proximal: 0 };

/** Adam's corrections 1 − βᵗ at step t, counted from 1. */
export const corrections = (step: number) => ({ correction1: 1 - 0.9 ** step, correction2: 1 - 0.999 ** step });

/** Buffers of one number a parameter, which begin at zero. */
export const momentsOf = ({ kind, momentum }: Optimizer): ("first" | "second")[] =>
  kind === "adam" ? ["first", "second"] : momentum > 0 ? ["first"] : [];

/**
 * @param sum `sum` of clipped rows in integers, or `gradient` of plain ones in slices of floats
 * @param drifts of many models: whether each adds a vector of its own to every gradient
 */
export async function compileDescend(
  device: GPUDevice,
  { parameters, many }: Layout,
  optimizer: Optimizer,
  { sum, drifts }: { sum: "sum" | "gradient"; drifts: boolean },
): Promise<(arena: Arena) => Launch> {
  const moments = momentsOf(optimizer);
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
        ...{ PARAMETERS: parameters, MOMENTUM: optimizer.momentum, PROXIMAL: optimizer.proximal },
        ...(many && { SLICE: sliceOf(1) }),
      },
      scope: {
        counts: { step: 4 },
        flags: {
          many,
          drifts,
          plain: sum === "gradient",
          proximal: optimizer.proximal > 0,
          first: moments.includes("first"),
          second: moments.includes("second"),
        },
      },
    },
  );
  return (arena) => {
    const get = (name: string) => arena.get(name);
    const state = { anchor: get("anchor"), first: get("first"), second: get("second") };
    const own = {
      chunk: get("chunks"),
      parameters: get("parameters"),
      sum: get(sum),
      steps: get("steps"),
      drift: get("drift"),
    };
    return launch(device, kernel, { ...own, ...state }, (rows, { room }) => Math.ceil(parameters / 4) * (rows / room));
  };
}
