/** Texts to token numbers, by an encoder's own tokenizer. */
import { Tokenizer } from "@huggingface/tokenizers";

/** Of the end of a row; no token has it. */
export const padding = -1;

/** The number of what is not in the vocabulary. */
const unknown = 0;

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
    return padded(
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
        const start = numbers.length;
        // What the tokenizer sees nothing in stands as a word it does not know.
        const own = this.numbers(word);
        numbers.push(...(own.length > 0 ? own : [unknown]));
        return start;
      });
      return { numbers, starts };
    });
    return {
      rows: padded(
        read.map(({ numbers }) => numbers),
        room,
      ),
      starts: read.map(({ starts }) => starts.filter((start) => start < room)),
    };
  }
}

function padded(texts: readonly (readonly number[])[], room: number): Float32Array<ArrayBuffer> {
  const rows = new Float32Array(texts.length * room).fill(padding);
  texts.forEach((numbers, row) => {
    rows.set(numbers.slice(0, room), row * room);
  });
  return rows;
}
