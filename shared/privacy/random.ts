/**
 * The one door to the cryptographic generator. No seed, no state of our own: words are drawn in blocks, handed out once
 * and wiped.
 */
import { invariant } from "../errors.ts";

/** `crypto.getRandomValues` gives at most 65,536 bytes a call. */
const blockWords = 16_384;

export class RandomSource {
  readonly #words = new Uint32Array(blockWords);
  #next = blockWords;

  /** @param refill overwrites an array with uniform bits; anything but the default is for tests */
  constructor(
    private readonly refill: (words: Uint32Array<ArrayBuffer>) => void = (words) => crypto.getRandomValues(words),
  ) {}

  /** Uniform on [0, 2^32). */
  u32(): number {
    if (this.#next === blockWords) {
      this.refill(this.#words);
      this.#next = 0;
    }
    const word = this.#words[this.#next]!;
    this.#words[this.#next++] = 0;
    return word;
  }

  /** A view of 1 to `most` uniform words that nobody else gets; to be used up before the next call of anything here. */
  some(most: number): Uint32Array {
    if (this.#next === blockWords) {
      this.refill(this.#words);
      this.#next = 0;
    }
    const from = this.#next;
    this.#next = Math.min(blockWords, from + most);
    return this.#words.subarray(from, this.#next);
  }

  /** Overwrites `words` with uniform words. */
  fill(words: Uint32Array): void {
    for (let i = 0; i < words.length; i++) words[i] = this.u32();
  }

  /** `length` uniform bytes. */
  bytes(length: number): Uint8Array<ArrayBuffer> {
    const words = new Uint32Array(Math.ceil(length / 4));
    this.fill(words);
    return new Uint8Array(words.buffer).slice(0, length);
  }

  /** A uniform integer of 53 bits, [0, 2^53). */
  uniform53(): number {
    return (this.u32() >>> 11) * 2 ** 32 + this.u32();
  }

  /** Uniform on [0, bound), by rejection; bound an integer in 1 … 2^53. */
  below(bound: number): number {
    invariant(Number.isInteger(bound) && bound >= 1 && bound <= 2 ** 53, "a bound between 1 and 2^53");
    const range = bound <= 2 ** 32 ? 2 ** 32 : 2 ** 53;
    const limit = range - (range % bound);
    for (;;) {
      const draw = bound <= 2 ** 32 ? this.u32() : this.uniform53();
      if (draw < limit) return draw % bound;
    }
  }

  /** True with probability p in [0, 1], exactly: p's binary digits are compared 32 at a time, and a tie goes on. */
  bernoulli(p: number): boolean {
    invariant(p >= 0 && p <= 1, "a probability between 0 and 1");
    for (let rest = p; ; ) {
      const scaled = rest * 2 ** 32;
      const whole = Math.floor(scaled);
      const draw = this.u32();
      if (draw !== whole) return draw < whole;
      rest = scaled - whole;
    }
  }
}

/** χ² of 255 degrees of freedom exceeds it with probability 5e-12. */
const largestChiSquare = 440;

/**
 * Start-up self-test: refuses a generator that is stuck, repeats itself or is plainly biased. Looks for a 64-bit word
 * that comes twice in 64 KiB, and compares the frequencies of the 256 byte values (χ²). A good generator fails with
 * probability below 1e-11.
 *
 * @throws Error when the generator fails
 */
export function checkEntropy(source: RandomSource): void {
  const bytes = source.bytes(65_536);
  const counts = new Uint32Array(256);
  for (const byte of bytes) counts[byte] = counts[byte]! + 1;
  const expected = bytes.length / 256;
  const chiSquare = counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
  const blocks = new Set(new BigUint64Array(bytes.buffer));
  if (blocks.size !== bytes.length / 8 || chiSquare > largestChiSquare)
    throw new Error("the random generator of this machine is broken: it repeats itself or is biased");
}
