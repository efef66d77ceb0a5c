/** The flags of wgsl/snippets/activation.wgsl. */
import type { Activation } from "../../shared/layers.ts";

const activations: Activation[] = ["none", "relu", "tanh", "sigmoid"];

export const flagsOf = (activation: Activation): Record<string, boolean> =>
  Object.fromEntries(activations.map((name) => [name, name === activation]));
