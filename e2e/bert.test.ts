/** A BERT of random numbers, saved as transformers saves one, against its mathematics in float64, written here by its paper. */
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Float16Array } from "@petamoriken/float16";
import { afterAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { safetensors } from "../coordinator/export/safetensors.ts";
import { bringEncoder, encoderBytes } from "../coordinator/text/encoders.ts";
import { dawnDevice } from "../kernels/testing/dawn.ts";
import { openTextEngine } from "../kernels/text/text-engine.ts";
import { architectureOf, parameterCount } from "../shared/model.ts";
import { asTask, checkTask } from "../shared/task-rules.ts";
import { readEncoderFile } from "../shared/text/encoder-file.ts";
import { Tokens } from "../shared/text/tokens.ts";

const config = {
  model_type: "bert",
  vocab_size: 18,
  max_position_embeddings: 24,
  hidden_size: 16,
  num_hidden_layers: 2,
  num_attention_heads: 2,
  intermediate_size: 24,
  layer_norm_eps: 1e-5,
  hidden_act: "gelu",
};
const pieces = "[PAD] [UNK] [CLS] [SEP] a b c d ##a ##b ##c ##d ab cd ##ab ##cd . !".split(" ");
const vocabulary = Object.fromEntries(pieces.map((piece, i) => [piece, i]));
const special = (id: number) => ({ id: pieces[id]!, ids: [id], tokens: [pieces[id]!] });
const tokenizer = {
  added_tokens: [],
  normalizer: {
    type: "BertNormalizer",
    clean_text: true,
    handle_chinese_chars: true,
    strip_accents: null,
    lowercase: true,
  },
  pre_tokenizer: { type: "BertPreTokenizer" },
  post_processor: {
    type: "TemplateProcessing",
    single: [
      { SpecialToken: { id: "[CLS]", type_id: 0 } },
      { Sequence: { id: "A", type_id: 0 } },
      { SpecialToken: { id: "[SEP]", type_id: 0 } },
    ],
    pair: [],
    special_tokens: { "[CLS]": special(2), "[SEP]": special(3) },
  },
  decoder: { type: "WordPiece", prefix: "##", cleanup: true },
  model: {
    type: "WordPiece",
    unk_token: "[UNK]",
    continuing_subword_prefix: "##",
    max_input_chars_per_word: 100,
    vocab: vocabulary,
  },
};

/** Weights as transformers names and lays them out, [outputs, inputs]; whole float16 numbers, so that nothing is lost. */
function randomWeights(seed: number): Map<string, { shape: number[]; data: Float32Array<ArrayBuffer> }> {
  let state = seed;
  const uniform = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  };
  const { hidden_size: d, intermediate_size: inner } = config;
  const shapes: [string, number[], number][] = [
    ["embeddings.word_embeddings.weight", [18, d], 1],
    ["embeddings.position_embeddings.weight", [24, d], 0.5],
    ["embeddings.token_type_embeddings.weight", [2, d], 0.5],
  ];
  const norm = (name: string) => shapes.push([`${name}.weight`, [d], 1.5], [`${name}.bias`, [d], 0.3]);
  const dense = (name: string, inputs: number, outputs: number) =>
    shapes.push([`${name}.weight`, [outputs, inputs], 0.5], [`${name}.bias`, [outputs], 0.3]);
  norm("embeddings.LayerNorm");
  for (let i = 0; i < config.num_hidden_layers; i++) {
    const at = `encoder.layer.${i}`;
    for (const part of ["query", "key", "value"]) dense(`${at}.attention.self.${part}`, d, d);
    dense(`${at}.attention.output.dense`, d, d);
    norm(`${at}.attention.output.LayerNorm`);
    dense(`${at}.intermediate.dense`, d, inner);
    dense(`${at}.output.dense`, inner, d);
    norm(`${at}.output.LayerNorm`);
  }
  return new Map(
    shapes.map(([name, shape, size]) => {
      const count = shape.reduce((a, b) => a * b);
      // In steps of 1/256, so that a sum of two is one too.
      const numbers = Float32Array.from({ length: count }, () => Math.round(256 * size * uniform()) / 256);
      const data = Float32Array.from(new Float16Array(numbers));
      return [name, { shape, data }];
    }),
  );
}

/** erf to 1e-7 (Abramowitz & Stegun 1964, 7.1.26 has 1.5e-7). */
function erf(x: number): number {
  const t = 1 / (1 + 0.3275911 * Math.abs(x));
  const series = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  return Math.sign(x) * (1 - series * Math.exp(-x * x));
}
const exact = (z: number) => 0.5 * z * (1 + erf(z / Math.SQRT2));
const byTanh = (z: number) => 0.5 * z * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (z + 0.044715 * z ** 3)));

/** Devlin et al. 2019 over Vaswani et al. 2017, token by token. @returns the last block's vectors */
function reference(weights: ReturnType<typeof randomWeights>, ids: number[], gelu: (z: number) => number): number[][] {
  const { hidden_size: d, num_attention_heads: heads } = config;
  const get = (name: string) => weights.get(name)!.data;
  const dense = (x: number[], name: string): number[] =>
    Array.from(get(`${name}.bias`), (bias, o) =>
      x.reduce((sum, value, i) => sum + value * get(`${name}.weight`)[o * x.length + i]!, bias),
    );
  const norm = (x: number[], name: string): number[] => {
    const mean = x.reduce((a, b) => a + b) / d;
    const variance = x.reduce((sum, value) => sum + (value - mean) ** 2, 0) / d;
    return x.map(
      (value, i) =>
        ((value - mean) / Math.sqrt(variance + config.layer_norm_eps)) * get(`${name}.weight`)[i]! +
        get(`${name}.bias`)[i]!,
    );
  };
  const row = (name: string, i: number) => Array.from(get(name).subarray(i * d, (i + 1) * d));
  let x = ids.map((id, t) => {
    const [word, place, segment] = [
      row("embeddings.word_embeddings.weight", id),
      row("embeddings.position_embeddings.weight", t),
      row("embeddings.token_type_embeddings.weight", 0),
    ];
    return norm(
      word.map((value, i) => value + place[i]! + segment[i]!),
      "embeddings.LayerNorm",
    );
  });
  for (let block = 0; block < config.num_hidden_layers; block++) {
    const at = `encoder.layer.${block}`;
    const [q, k, v] = ["query", "key", "value"].map((part) =>
      x.map((token) => dense(token, `${at}.attention.self.${part}`)),
    );
    const size = d / heads;
    x = x.map((token, t) => {
      const mixed: number[] = [];
      for (let h = 0; h < heads; h++) {
        const part = (vector: number[]) => vector.slice(h * size, (h + 1) * size);
        const scores = k!.map(
          (key) => part(key).reduce((sum, value, i) => sum + value * part(q![t]!)[i]!, 0) / Math.sqrt(size),
        );
        const shares = scores.map((score) => Math.exp(score - Math.max(...scores)));
        const total = shares.reduce((a, b) => a + b);
        for (let i = 0; i < size; i++)
          mixed.push(v!.reduce((sum, value, j) => sum + (shares[j]! / total) * part(value)[i]!, 0));
      }
      const out = dense(mixed, `${at}.attention.output.dense`);
      return norm(
        token.map((value, i) => value + out[i]!),
        `${at}.attention.output.LayerNorm`,
      );
    });
    x = x.map((token) => {
      const out = dense(dense(token, `${at}.intermediate.dense`).map(gelu), `${at}.output.dense`);
      return norm(
        token.map((value, i) => value + out[i]!),
        `${at}.output.LayerNorm`,
      );
    });
  }
  return x;
}

const folder = mkdtempSync(join(tmpdir(), "murmur-bert-"));
const weights = randomWeights(3);
/** With the prefix that a whole model has. */
const model = safetensors(
  [...weights].map(([name, { shape, data }]) => ({ name: `bert.${name}`, shape, data })),
  { format: "pt" },
);
const modelHash = createHash("sha256").update(model).digest("hex");
const files: Record<string, string | Uint8Array> = {
  "config.json": JSON.stringify(config),
  "tokenizer.json": JSON.stringify(tokenizer),
  "model.safetensors": model,
};
for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);

const device = await dawnDevice();
afterAll(() => {
  device?.destroy();
  rmSync(folder, { recursive: true });
});

const encoders = join(folder, "encoders");
const brought = await bringEncoder(folder, modelHash, encoders);
const told = parse(brought.yaml) as { encoder: object };
const taskOf = (encoder: object, tokens = 12) => ({
  name: "tiny",
  purpose: "Sorts made-up texts into three classes.",
  data: { label: { column: "y", classes: ["a", "b", "c"] }, text: { column: "text", tokens } },
  model: { encoder: { ...told.encoder, ...encoder }, layers: [{ kind: "dense", outputs: 3 }] },
  privacy: { unit: "record", epsilon: 8, delta: 1e-5 },
  cohort: { minimum: 5 },
  training: { rounds: 5, learningRate: 1 },
});

describe("a BERT that is brought in", () => {
  it("has word pieces as its tokenizer says, between [CLS] and [SEP], also where it is cut", async () => {
    const tokens = new Tokens(readEncoderFile(await encoderBytes(encoders, brought.sha256)).tokenizer);
    const rows = tokens.rows(["ABA cd!", "xyz", "a b c d a b c d a b c d"], 8);
    expect(Array.from(rows.subarray(0, 8))).toEqual([2, 12, 8, 13, 17, 3, -1, -1]);
    expect(Array.from(rows.subarray(8, 12))).toEqual([2, 1, 3, -1]);
    expect(Array.from(rows.subarray(16))).toEqual([2, 4, 5, 6, 7, 4, 5, 3]);
    const words = tokens.wordRows([["aba", "\u0000", "cd", "d", "b"]], 7);
    expect(Array.from(words.rows)).toEqual([2, 12, 8, 1, 13, 7, 3]);
    expect(words.starts).toEqual([[1, 3, 4, 5]]);
  });

  it("is refused where it is another one, or no BERT", async () => {
    await expect(bringEncoder(folder, "0".repeat(64), encoders)).rejects.toThrow("--sha256: is not that of");
    await expect(bringEncoder("http://localhost:1", undefined, encoders)).rejects.toThrow("--sha256: is missing");
    await expect(encoderBytes(encoders, "1".repeat(64))).rejects.toThrow("is of no encoder in");
    const other = mkdtempSync(join(tmpdir(), "murmur-bert-"));
    for (const [name, content] of Object.entries(files)) writeFileSync(join(other, name), content);
    writeFileSync(join(other, "config.json"), JSON.stringify({ ...config, model_type: "roberta" }));
    await expect(bringEncoder(other, undefined, encoders)).rejects.toThrow("config.json: is of no BERT: model_type");
    writeFileSync(join(other, "config.json"), JSON.stringify({ ...config, num_hidden_layers: 3 }));
    await expect(bringEncoder(other, undefined, encoders)).rejects.toThrow(
      "encoder.layer.2.attention.self.query.weight: is missing",
    );
    rmSync(other, { recursive: true });
  });

  it("comes from an address too", async () => {
    const server = createServer((request, response) => response.end(files[request.url!.slice("/tiny/".length)] ?? ""));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/tiny`;
    expect((await bringEncoder(address, modelHash, encoders)).sha256).toBe(brought.sha256);
    server.close();
  });

  it.each([
    ["name 2.w1, a matrix", taskOf({ adapters: ["2.w1"] })],
    ["are more than the 24", taskOf({}, 25)],
  ])("a task in which %s is refused", (problem, task) => {
    expect(JSON.stringify(checkTask(task))).toContain(problem);
  });
});

describe.skipIf(device === undefined)("its forward pass", () => {
  const texts = ["ab cd a.", "a", "d c b a b c d a b c d a b c", ""];

  /** Logits of a head of ones and twos on the mean, behind adapters whose second matrices are 0. */
  async function logits(adapters: string[]): Promise<number[][]> {
    const architecture = architectureOf(asTask(taskOf({ adapters, rank: 2 })));
    const file = readEncoderFile(await encoderBytes(encoders, brought.sha256));
    const none = { cells: 0, attributes: 0 };
    const { engine, encode } = await openTextEngine(async () => device!, architecture, none, file);
    const inputs = await encode(texts);
    await engine.load({ count: texts.length, ...inputs, labels: new Uint8Array(4), cells: new Uint8Array(0) });
    const parameters = new Float32Array(parameterCount(architecture));
    head.forEach((value, i) => {
      parameters[parameters.length - head.length + i] = value;
    });
    const found = await engine.scores(parameters, Uint32Array.from(texts.keys()));
    engine.dispose();
    return texts.map((_, i) => Array.from(found.subarray(i * 3, i * 3 + 3)));
  }
  const head = Array.from({ length: 17 * 3 }, (_, i) => Math.cos(i));

  function expected(gelu: (z: number) => number): number[][] {
    return texts.map((text) => {
      const ids = [
        2,
        ...text
          .split(/\s+|(?=\.)/)
          .filter(Boolean)
          .map((word) => vocabulary[word]!)
          .slice(0, 10),
        3,
      ];
      const vectors = reference(weights, ids, gelu);
      const mean = vectors[0]!.map((_, i) => vectors.reduce((sum, vector) => sum + vector[i]!, 0) / vectors.length);
      const middle = mean.reduce((a, b) => a + b) / 16;
      const variance = mean.reduce((sum, x) => sum + (x - middle) ** 2, 0) / 16;
      const unit = mean.map((x) => (x - middle) / Math.sqrt(variance + 1e-5));
      return [0, 1, 2].map((k) => unit.reduce((sum, x, i) => sum + x * head[i * 3 + k]!, head[16 * 3 + k]!));
    });
  }
  const furthest = (a: number[][], b: number[][]) =>
    Math.max(...a.flatMap((row, i) => row.map((x, j) => Math.abs(x - b[i]![j]!))));

  it.each([[[]], [["1.w1", "1.w2"]], [["0.qkv", "0.out", "1.qkv"]]])(
    "is that of the paper, with adapters %j",
    async (adapters) => {
      const found = await logits(adapters);
      expect(furthest(found, expected(byTanh))).toBeLessThan(2e-5);
      // By erf, as most of these models were trained.
      expect(furthest(found, expected(exact))).toBeLessThan(2e-2);
    },
  );
});
