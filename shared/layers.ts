/** The kinds of layers a model is declared of. */
import { z } from "zod";

const activation = z.enum(["none", "relu", "gelu", "tanh", "sigmoid"]).default("none");

export const layerSchema = z.discriminatedUnion("kind", [
  z
    .strictObject({ kind: z.literal("dense"), outputs: z.int().min(1).max(4096), activation })
    .describe("Of tokens, for each token by itself"),
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
  z.strictObject({
    kind: z.literal("embedding").describe("First layer: token numbers to vectors; -1 at the end of a row is padding"),
    vocabulary: z.int().min(1).max(65536),
    width: z.int().min(1).max(1024),
  }),
  z.strictObject({
    kind: z.literal("layer-norm").describe("Of each token, with a gain and a bias (Ba et al. 2016, equation 4)"),
  }),
  z.strictObject({
    kind: z
      .literal("attention")
      .describe("Each token looks at all of its row that are not padding (Vaswani et al. 2017)"),
    heads: z.int().min(1).max(64),
  }),
  z.strictObject({
    kind: z.literal("residual").describe("x + f(x), where f is a list of layers that keeps the shape"),
    get layers() {
      return z.array(layerSchema).min(1).max(16);
    },
  }),
  z.strictObject({ kind: z.literal("mean-tokens").describe("The mean of all tokens that are not padding") }),
]);

export type LayerSpec = z.output<typeof layerSchema>;
export type Activation = z.output<typeof activation>;

/** Those whose slope follows from their value; gelu's does not, and runs as an operation of its own. */
export type PlainActivation = Exclude<Activation, "gelu">;

export function activate(activation: PlainActivation, z: number): number {
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
