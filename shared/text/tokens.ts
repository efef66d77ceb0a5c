/** Texts to token numbers, by an encoder's own tokenizer. */
import { Tokenizer } from "@huggingface/tokenizers";

/** Of the end of a row; no token has it. */
export const padding = -1;

export class Tokens {
  readonly #tokenizer: Tokenizer;

  /** @param tokenizer as in an encoder's file */
  constructor(tokenizer: object) {
    this.#tokenizer = new Tokenizer(tokenizer, {});
  }

  /** The numbers of one text, as many as it has. */
  numbers(text: string): number[] {
    return this.#tokenizer.encode(text, { add_special_tokens: false }).ids;
  }

  /** Rows of `room` numbers for a model's input [texts.length, room]: what is too long ends there, what is short is padded. */
  rows(texts: readonly string[], room: number): Float32Array<ArrayBuffer> {
    const rows = new Float32Array(texts.length * room).fill(padding);
    texts.forEach((text, row) => {
      rows.set(this.numbers(text).slice(0, room), row * room);
    });
    return rows;
  }
}
