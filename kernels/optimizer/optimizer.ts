/** Steps of local training; parameters never leave the GPU between them. */
import type { Arena } from "../arena.ts";
import { type Launch, launch } from "../dispatch.ts";
import type { Layout } from "../layout.ts";
import { compile } from "../wgsl/shader.ts";
import descend from "./descend.wgsl?raw";

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

/** @param sum `sum` of clipped rows in integers, or `gradient` of plain ones in slices of floats */
export async function compileDescend(
  device: GPUDevice,
  { parameters }: Layout,
  optimizer: Optimizer,
  sum: "sum" | "gradient",
): Promise<(arena: Arena) => Launch> {
  const moments = momentsOf(optimizer);
  const kernel = await compile(
    device,
    "optimizer/descend.wgsl",
    descend,
    { chunk: "chunk", parameters: "write", sum: "write", anchor: "read", first: "write", second: "write" },
    {
      constants: { PARAMETERS: parameters, MOMENTUM: optimizer.momentum, PROXIMAL: optimizer.proximal },
      scope: {
        counts: { step: 4 },
        flags: {
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
    const buffers = { chunk: get("chunks"), parameters: get("parameters"), sum: get(sum), ...state };
    return launch(device, kernel, buffers, () => Math.ceil(parameters / 4));
  };
}
