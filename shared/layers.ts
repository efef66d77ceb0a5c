/** The kinds of layers a task file can declare. */
import { z } from "zod";

export const layerSchema = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("dense"),
    outputs: z.int().min(1).max(1024),
    activation: z.enum(["none", "relu", "tanh", "sigmoid"]).default("none"),
  }),
]);

export type LayerSpec = z.output<typeof layerSchema>;
export type Activation = LayerSpec["activation"];

export function activate(activation: Activation, z: number): number {
  switch (activation) {
    case "none":
      return z;
    case "relu":
      return Math.max(0, z);
    case "tanh":
      return Math.tanh(z);
    case "sigmoid":
      return 1 / (1 + Math.exp(-z));
  }
}
