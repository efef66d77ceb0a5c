/** The kinds of layers a model is declared of. */
import { z } from "zod";

const activation = z.enum(["none", "relu", "gelu", "tanh", "sigmoid"]).default("none");
const frozen = z.literal(true).optional().describe("Its parameters come with an encoder and are not trained");
const rank = z
  .int()
  .min(1)
  .max(64)
  .optional()
  .describe("Rank of a low-rank adapter beside the frozen matrix (Hu et al. 2021): x·W + b + (x·A + a)·B + c");

export const layerSchema = z.discriminatedUnion("kind", [
  z
    .strictObject({
      kind: z.literal("dense"),
      outputs: z.int().min(1).max(4096),
      activation,
      frozen,
      adapter: rank,
    })
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
    frozen,
  }),
  z.strictObject({
    kind: z.literal("positions").describe("Adds to each token the vector of its place, which comes with an encoder"),
    frozen: z.literal(true),
  }),
  z.strictObject({
    kind: z
      .literal("layer-norm")
      .describe("Of each token, or of the one vector, with a gain and a bias (Ba et al. 2016, equation 4)"),
    affine: z.literal(false).optional().describe("Without gain and bias"),
    epsilon: z.number().positive().max(0.1).optional().describe("Added to the variance; 1e-5 where it is left out"),
    frozen,
  }),
  z.strictObject({
    kind: z
      .literal("attention")
      .describe("Each token looks at all of its row that are not padding (Vaswani et al. 2017)"),
    heads: z.int().min(1).max(64),
    outputs: z.int().min(1).max(4096).optional().describe("Numbers of a token behind it; as many as before by default"),
    frozen,
    adapters: z.strictObject({ qkv: rank, out: rank }).optional().describe("Of its two matrices"),
  }),
  z.strictObject({
    kind: z.literal("residual").describe("x + f(x), where f is a list of layers that keeps the shape"),
    get layers() {
      return z.array(layerSchema).min(1).max(16);
    },
    projection: z
      .strictObject({ frozen })
      .optional()
      .describe("x·P + p in the place of x, where f changes the numbers of a token"),
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
