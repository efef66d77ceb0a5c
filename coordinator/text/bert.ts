/**
 * A BERT as the library transformers saves it (config.json, tokenizer.json, model.safetensors), as one file for tabs: our names,
 * in the order of our layers, in float16.
 */
import { Float16Array } from "@petamoriken/float16";
import { z } from "zod";
import { InputError } from "../../shared/errors.ts";
import type { BertShape } from "../../shared/text/bert.ts";
import { readSafetensors, type Tensor } from "../../shared/text/safetensors.ts";
import { Tokens } from "../../shared/text/tokens.ts";
import { type HalfTensor, safetensors } from "../export/safetensors.ts";

/** What is looked for in a model's folder. */
export const bertFiles = ["config.json", "tokenizer.json", "model.safetensors"] as const;
export type BertFiles = Record<(typeof bertFiles)[number], Uint8Array<ArrayBuffer>>;

const configSchema = z.object({
  model_type: z.literal("bert"),
  vocab_size: z.int(),
  max_position_embeddings: z.int(),
  hidden_size: z.int(),
  num_hidden_layers: z.int(),
  num_attention_heads: z.int(),
  intermediate_size: z.int(),
  layer_norm_eps: z.number().default(1e-12),
  hidden_act: z.enum(["gelu", "gelu_new", "gelu_pytorch_tanh"]),
  position_embedding_type: z.literal("absolute").optional(),
});

/** @throws InputError for what is no BERT, or not a whole one */
export function bertFile(files: BertFiles): { shape: BertShape; bytes: Uint8Array<ArrayBuffer> } {
  const config = parsed(configSchema, "config.json", files);
  const tokenizer = parsed(z.object({}).loose(), "tokenizer.json", files);
  const shape: BertShape = {
    vocabulary: config.vocab_size,
    // Tabs have room for 512 tokens at most.
    positions: Math.min(512, config.max_position_embeddings),
    width: config.hidden_size,
    blocks: config.num_hidden_layers,
    heads: config.num_attention_heads,
    inner: config.intermediate_size,
    epsilon: config.layer_norm_eps,
  };
  try {
    new Tokens(tokenizer);
  } catch {
    throw new InputError("tokenizer.json", "cannot be read", "Save it with a recent version of transformers.");
  }
  const { tensors } = readSafetensors(files["model.safetensors"]);
  const bytes = safetensors(ours(shape, tensors), { tokenizer: JSON.stringify(tokenizer) });
  return { shape, bytes };
}

function parsed<Schema extends z.ZodType>(schema: Schema, name: keyof BertFiles, files: BertFiles): z.output<Schema> {
  try {
    return schema.parse(JSON.parse(new TextDecoder().decode(files[name])));
  } catch (error) {
    const issue = error instanceof z.ZodError ? error.issues[0] : undefined;
    const problem = issue ? `is of no BERT: ${issue.path.join(".")}: ${issue.message}` : "is not JSON";
    throw new InputError(name, problem, "Name the folder of a model with model_type bert.");
  }
}

function ours({ width, inner, vocabulary, positions, blocks }: BertShape, given: Map<string, Tensor>): HalfTensor[] {
  // A whole model has its encoder under a name; older ones call a layer norm's gain gamma.
  const find = (name: string): Tensor | undefined => given.get(name) ?? given.get(`bert.${name}`);
  const take = (name: string, count: number, older?: string): Float32Array<ArrayBuffer> => {
    const tensor = find(name) ?? (older === undefined ? undefined : find(older));
    if (!tensor) throw new InputError(`model.safetensors.${name}`, "is missing", "Name a whole model.");
    if (tensor.data.length < count)
      throw new InputError(
        `model.safetensors.${name}`,
        `has the shape [${tensor.shape}]`,
        "It does not fit config.json.",
      );
    return tensor.data.subarray(0, count);
  };
  const halves = (name: string, shape: number[], data: Float32Array): HalfTensor => ({
    name,
    shape,
    data: new Float16Array(data),
  });
  const norm = (name: string, from: string): HalfTensor[] => [
    halves(`${name}.weight`, [width], take(`${from}.weight`, width, `${from}.gamma`)),
    halves(`${name}.bias`, [width], take(`${from}.bias`, width, `${from}.beta`)),
  ];
  /** Several matrices side by side; transformers has them [outputs, inputs]. */
  const dense = (name: string, from: string[], inputs: number, outputs: number): HalfTensor[] => {
    const across = from.length * outputs;
    const weight = new Float32Array(inputs * across);
    const bias = new Float32Array(across);
    from.forEach((part, p) => {
      const own = take(`${part}.weight`, inputs * outputs);
      for (let o = 0; o < outputs; o++)
        for (let i = 0; i < inputs; i++) weight[i * across + p * outputs + o] = own[o * inputs + i]!;
      bias.set(take(`${part}.bias`, outputs), p * outputs);
    });
    return [halves(`${name}.weight`, [inputs, across], weight), halves(`${name}.bias`, [across], bias)];
  };
  const places = take("embeddings.position_embeddings.weight", positions * width).slice();
  const segment = take("embeddings.token_type_embeddings.weight", width);
  for (let i = 0; i < places.length; i++) places[i]! += segment[i % width]!;
  return [
    halves("embedding.weight", [vocabulary, width], take("embeddings.word_embeddings.weight", vocabulary * width)),
    halves("positions.weight", [positions, width], places),
    ...norm("norm", "embeddings.LayerNorm"),
    ...Array.from({ length: blocks }, (_, block) => {
      const at = `encoder.layer.${block}`;
      const self = ["query", "key", "value"].map((part) => `${at}.attention.self.${part}`);
      return [
        ...dense(`${block}.qkv`, self, width, width),
        ...dense(`${block}.out`, [`${at}.attention.output.dense`], width, width),
        ...norm(`${block}.norm1`, `${at}.attention.output.LayerNorm`),
        ...dense(`${block}.w1`, [`${at}.intermediate.dense`], width, inner),
        ...dense(`${block}.w2`, [`${at}.output.dense`], inner, width),
        ...norm(`${block}.norm2`, `${at}.output.LayerNorm`),
      ];
    }).flat(),
  ];
}
