/** Texts to token numbers, by an encoder's own tokenizer. */
import { Tokenizer } from "@huggingface/tokenizers";
import { z } from "zod";
import { padding } from "./padding.ts";

export class Tokens {
  readonly #tokenizer: Tokenizer;
  /** Numbers that stand before and behind every text, as [CLS] and [SEP] */
  readonly #before: number[];
  readonly #behind: number[];
  /** Of what is not in the vocabulary */
  readonly #unknown: number;

  /** @param tokenizer as in an encoder's file */
  constructor(tokenizer: object) {
    this.#tokenizer = new Tokenizer(tokenizer, {});
    const plain = this.numbers("a");
    const whole = this.#tokenizer.encode("a").ids;
    const begin = whole.findIndex((_, i) => plain.every((number, j) => whole[i + j] === number));
    this.#before = whole.slice(0, begin);
    this.#behind = whole.slice(begin + plain.length);
    this.#unknown = unknownOf(tokenizer);
  }

  /** The numbers of one text, as many as it has, and nothing around them. */
  numbers(text: string): number[] {
    return this.#tokenizer.encode(text, { add_special_tokens: false }).ids;
  }

  /** Rows of `room` numbers for a model's input [texts.length, room]: what is too long ends there, what is short is padded. */
  rows(texts: readonly string[], room: number): Float32Array<ArrayBuffer> {
    return this.#padded(
      texts.map((text) => this.numbers(text)),
      room,
    );
  }

  /**
   * As `rows`, word by word.
   * @returns also the place of each word's first number, of those words that there is room for
   */
  wordRows(
    texts: readonly (readonly string[])[],
    room: number,
  ): { rows: Float32Array<ArrayBuffer>; starts: number[][] } {
    const read = texts.map((words) => {
      const numbers: number[] = [];
      const starts = words.map((word) => {
        const start = this.#before.length + numbers.length;
        // What the tokenizer sees nothing in stands as a word it does not know.
        const own = this.numbers(word);
        numbers.push(...(own.length > 0 ? own : [this.#unknown]));
        return start;
      });
      return { numbers, starts };
    });
    return {
      rows: this.#padded(
        read.map(({ numbers }) => numbers),
        room,
      ),
      starts: read.map(({ starts }) => starts.filter((start) => start < room - this.#behind.length)),
    };
  }

  #padded(texts: readonly (readonly number[])[], room: number): Float32Array<ArrayBuffer> {
    const rows = new Float32Array(texts.length * room).fill(padding);
    const own = room - this.#before.length - this.#behind.length;
    texts.forEach((numbers, row) => {
      rows.set([...this.#before, ...numbers.slice(0, own), ...this.#behind], row * room);
    });
    return rows;
  }
}

const modelSchema = z.object({
  model: z.object({
    unk_id: z.int().optional(),
    unk_token: z.string().optional(),
    vocab: z.union([z.record(z.string(), z.int()), z.array(z.unknown())]),
  }),
});

function unknownOf(tokenizer: object): number {
  const { unk_id, unk_token, vocab } = modelSchema.parse(tokenizer).model;
  return unk_id ?? (Array.isArray(vocab) ? 0 : (vocab[unk_token ?? ""] ?? 0));
}
