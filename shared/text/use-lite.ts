/**
 * Universal Sentence Encoder lite (Cer et al. 2018): two pre-norm transformer blocks over pieces of words, of which a
 * sentence is the mean, seen through one more dense layer. The layers as the shipped graph has them, but for three things
 * that change nothing: token vectors are stored doubled, since the graph adds each to itself; its timing signal is the table of
 * positions; and the last division by the vector's length is left to the layer behind.
 */
import type { LayerSpec } from "../layers.ts";

/** Matrices that can have a low-rank adapter, from the last to the first. */
export const adaptable = ["sentence", "1.w2", "1.w1", "1.out", "1.qkv", "0.w2", "0.w1", "0.out", "0.qkv"] as const;
export type Adaptable = (typeof adaptable)[number];

export const useLite = {
  /** SHA-256 of the file that coordinator/text/use-lite.ts makes of the npm package */
  sha256: "4a7892f0906aa129c3db133fc4a480c0e5386149cc92eaf3139486c6bbffef36",
  /** Most tokens of a text */
  tokens: 128,
  vocabulary: 8002,
  /** Numbers of a text behind it */
  width: 512,
} as const;

const heads = 4;
const inner = 1536;
const { width, vocabulary } = useLite;
const epsilon = 1e-6;

/**
 * From token numbers to one vector, or to one of each.
 * @param output `sentence` as the encoder gives it; `mean` of its tokens' vectors, before the last dense layer, brought to
 * mean 0 and variance 1: a linear head reads more from it, and all texts are equally long; `tokens` their vectors
 * themselves, brought to the same, [tokens, width]
 * @param adapters matrices that get one
 */
export function useLiteLayers(
  output: "sentence" | "mean" | "tokens",
  adapters: readonly Adaptable[],
  rank: number,
): LayerSpec[] {
  const frozen = true as const;
  const adapterOf = (name: string) => (adapters.some((adapted) => adapted === name) ? rank : undefined);
  const norm: LayerSpec = { kind: "layer-norm", epsilon, frozen };
  const block = (index: 0 | 1): LayerSpec[] => [
    {
      kind: "residual",
      // The first block widens its tokens from 256 numbers.
      ...(index === 0 && { projection: { frozen } }),
      layers: [
        norm,
        {
          kind: "attention",
          heads,
          outputs: width,
          frozen,
          adapters: { qkv: adapterOf(`${index}.qkv`), out: adapterOf(`${index}.out`) },
        },
      ],
    },
    {
      kind: "residual",
      layers: [
        norm,
        { kind: "dense", outputs: inner, activation: "relu", frozen, adapter: adapterOf(`${index}.w1`) },
        { kind: "dense", outputs: width, activation: "none", frozen, adapter: adapterOf(`${index}.w2`) },
      ],
    },
  ];
  return [
    { kind: "embedding", vocabulary, width: width / 2, frozen },
    { kind: "positions", frozen },
    ...block(0),
    ...block(1),
    ...(output === "tokens" ? [] : [{ kind: "mean-tokens" as const }]),
    ...(output === "sentence"
      ? [
          {
            kind: "dense" as const,
            outputs: width,
            activation: "tanh" as const,
            frozen,
            adapter: adapterOf("sentence"),
          },
        ]
      : [{ kind: "layer-norm" as const, affine: false as const }]),
  ];
}

/** What the tensors of its file are called, in the order of the layers. */
export const useLiteTensors: readonly string[] = [
  "embedding",
  "positions",
  ...[0, 1].flatMap((index) => [
    ...(index === 0 ? ["0.projection"] : []),
    ...["norm1", "qkv", "out", "norm2", "w1", "w2"].map((name) => `${index}.${name}`),
  ]),
  "sentence",
];
