/**
 * BERT (Devlin et al. 2019) and what is built like it: post-norm transformer blocks over word pieces, a [CLS] before them and a
 * [SEP] behind. A single text has segment 0 throughout, whose vector is added to the table of positions. The gelu is the one
 * by tanh (Hendrycks & Gimpel 2016, section 2), at most 5e-4 from that by erf, which most of these models were trained with.
 */
import type { LayerSpec } from "../layers.ts";

/** What a BERT is made of; the names of its `config.json` in brackets. */
export interface BertShape {
  /** (vocab_size) */
  vocabulary: number;
  /** Most tokens of a text, [CLS] and [SEP] among them (max_position_embeddings) */
  positions: number;
  /** Numbers of a token (hidden_size) */
  width: number;
  /** (num_hidden_layers) */
  blocks: number;
  /** (num_attention_heads) */
  heads: number;
  /** (intermediate_size) */
  inner: number;
  /** (layer_norm_eps) */
  epsilon: number;
}

const parts = ["qkv", "out", "w1", "w2"] as const;

/** Matrices that can have a low-rank adapter. */
export const bertAdaptable = (blocks: number): string[] =>
  Array.from({ length: blocks }, (_, block) => parts.map((part) => `${block}.${part}`)).flat();

/**
 * From token numbers to one vector, or to one of each.
 * @param output `mean` of its tokens' vectors, brought to mean 0 and variance 1; `tokens` themselves, brought to the same
 * @param adapters matrices that get one
 */
export function bertLayers(
  { vocabulary, width, blocks, heads, inner, epsilon }: BertShape,
  output: "mean" | "tokens",
  adapters: readonly string[],
  rank: number,
): LayerSpec[] {
  const frozen = true as const;
  const adapterOf = (name: string) => (adapters.includes(name) ? rank : undefined);
  const norm: LayerSpec = { kind: "layer-norm", epsilon, frozen };
  const block = (index: number): LayerSpec[] => [
    {
      kind: "residual",
      layers: [
        {
          kind: "attention",
          heads,
          outputs: width,
          frozen,
          adapters: { qkv: adapterOf(`${index}.qkv`), out: adapterOf(`${index}.out`) },
        },
      ],
    },
    norm,
    {
      kind: "residual",
      layers: [
        { kind: "dense", outputs: inner, activation: "gelu", frozen, adapter: adapterOf(`${index}.w1`) },
        { kind: "dense", outputs: width, activation: "none", frozen, adapter: adapterOf(`${index}.w2`) },
      ],
    },
    norm,
  ];
  return [
    { kind: "embedding", vocabulary, width, frozen },
    { kind: "positions", frozen },
    norm,
    ...Array.from({ length: blocks }, (_, index) => block(index)).flat(),
    ...(output === "tokens" ? [] : [{ kind: "mean-tokens" as const }]),
    { kind: "layer-norm", affine: false },
  ];
}
