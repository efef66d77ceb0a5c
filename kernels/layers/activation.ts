/** The flags of wgsl/snippets/activation.wgsl. */
import type { PlainActivation } from "../../shared/layers.ts";

const activations: PlainActivation[] = ["none", "relu", "tanh", "sigmoid"];

export const flagsOf = (activation: PlainActivation): Record<string, boolean> =>
  Object.fromEntries(activations.map((name) => [name, name === activation]));
