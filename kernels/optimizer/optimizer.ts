/** Steps of local training; parameters never leave the GPU between them. */
import type { Arena } from "../arena.ts";

/** See wgsl/snippets/descent.wgsl. Moments begin at zero with every call: a participant brings none from one round to the next. */
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

/** What a kernel adds that takes the step itself. */
export const momentBindings = { anchor: "read", first: "write", second: "write" } as const;

export const descentBuffers = (arena: Arena): Record<"parameters" | keyof typeof momentBindings, GPUBuffer> => ({
  parameters: arena.get("parameters"),
  anchor: arena.get("anchor"),
  first: arena.get("first"),
  second: arena.get("second"),
});

export function descentSpecial(optimizer: Optimizer, drifts = false) {
  const moments = momentsOf(optimizer);
  return {
    constants: { MOMENTUM: optimizer.momentum, PROXIMAL: optimizer.proximal },
    flags: {
      drifts,
      proximal: optimizer.proximal > 0,
      first: moments.includes("first"),
      second: moments.includes("second"),
    },
  };
}
