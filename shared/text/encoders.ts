/** The encoders a task may name, and the layers that follow from what it says of one. */
import { z } from "zod";
import type { LayerSpec } from "../layers.ts";
import { bertAdaptable, bertLayers } from "./bert.ts";
import { adaptable, useLite, useLiteLayers } from "./use-lite.ts";

const rank = z.int().min(1).max(64).default(8).describe("Of the adapters");
const adapters = "Frozen matrices that get a low-rank adapter (LoRA); without any only the layers behind are trained";

export const encoderSchema = z.discriminatedUnion("name", [
  z.strictObject({
    name: z.literal("use-lite").describe("Universal Sentence Encoder lite (Cer et al. 2018), Apache-2.0"),
    sha256: z.literal(useLite.sha256).default(useLite.sha256).describe("Of its file, which each tab checks"),
    output: z
      .enum(["mean", "sentence", "tokens"])
      .default("mean")
      .describe(
        "`mean` of the tokens' vectors, normalised; `sentence` is the encoder's own last layer behind it; `tokens` all of them, for entities",
      ),
    adapters: z.array(z.enum(adaptable)).default([]).describe(adapters),
    rank,
  }),
  z.strictObject({
    name: z
      .literal("bert")
      .describe("A BERT (Devlin et al. 2019) that `murmur encoder` has brought in, which prints all of this"),
    sha256: z
      .string()
      .regex(/^[0-9a-f]{64}$/)
      .describe("Of its file, which each tab checks"),
    vocabulary: z.int().min(1).max(65536),
    positions: z.int().min(4).max(512).describe("Most tokens of a text"),
    width: z.int().min(4).max(1024),
    blocks: z.int().min(1).max(12),
    heads: z.int().min(1).max(64),
    inner: z.int().min(4).max(4096),
    epsilon: z.number().positive().max(0.1).default(1e-12),
    output: z
      .enum(["mean", "tokens"])
      .default("mean")
      .describe("`mean` of the tokens' vectors, normalised; `tokens` all of them, for entities"),
    adapters: z
      .array(z.string().regex(/^\d+\.(qkv|out|w1|w2)$/))
      .default([])
      .describe(adapters),
    rank,
  }),
]);

export type EncoderSpec = z.output<typeof encoderSchema>;

export const encoderLayers = (encoder: EncoderSpec): LayerSpec[] =>
  encoder.name === "use-lite"
    ? useLiteLayers(encoder.output, encoder.adapters, encoder.rank)
    : bertLayers(encoder, encoder.output, encoder.adapters, encoder.rank);

/** Matrices that can have an adapter. */
export const adaptableOf = (encoder: EncoderSpec): readonly string[] =>
  encoder.name === "use-lite" ? adaptable : bertAdaptable(encoder.blocks);

/** Most tokens of a text. */
export const roomOf = (encoder: EncoderSpec): number =>
  encoder.name === "use-lite" ? useLite.tokens : encoder.positions;
