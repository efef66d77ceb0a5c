/** The kinds of layers a model is declared of. */
import { z } from "zod";

const activation = z.enum(["none", "relu", "tanh", "sigmoid"]).default("none");

export const layerSchema = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("dense"), outputs: z.int().min(1).max(1024), activation }),
  z.strictObject({
    kind: z.literal("conv2d").describe("Windows of an image, one pixel apart, none beyond its edges"),
    channels: z.int().min(1).max(256),
    size: z.int().min(1).max(16).describe("Of a window, in both directions"),
    activation,
  }),
  z.strictObject({
    kind: z.literal("max-pool2d").describe("The largest of each window, side by side; what is left over is dropped"),
    size: z.int().min(1).max(16),
  }),
]);

export type LayerSpec = z.output<typeof layerSchema>;
export type Activation = z.output<typeof activation>;

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
