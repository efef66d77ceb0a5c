/**
 * The one door to the cryptographic generator. No seed, no state of our own: words are drawn in blocks and handed out.
 */
import { invariant } from "../errors.ts";

/** `crypto.getRandomValues` gives at most 65,536 bytes a call. */
const blockWords = 16_384;

export class RandomSource {
  readonly #words = new Uint32Array(blockWords);
  #next = blockWords;

  /** @param fill overwrites an array with uniform bits; anything but the default is for tests */
  constructor(
    private readonly fill: (words: Uint32Array<ArrayBuffer>) => void = (words) => crypto.getRandomValues(words),
  ) {}

  /** Uniform on [0, 2^32). Each word is given out once and wiped. */
  u32(): number {
    if (this.#next === blockWords) {
      this.fill(this.#words);
      this.#next = 0;
    }
    const word = this.#words[this.#next]!;
    this.#words[this.#next++] = 0;
    return word;
  }

  /** Uniform on [0, bound), by rejection; bound an integer in 1…2^32. */
  below(bound: number): number {
    invariant(Number.isInteger(bound) && bound >= 1 && bound <= 2 ** 32, "a bound between 1 and 2^32");
    const limit = 2 ** 32 - (2 ** 32 % bound);
    for (;;) {
      const word = this.u32();
      if (word < limit) return word % bound;
    }
  }

  /** True with probability p, to within 2^−53. */
  bernoulli(p: number): boolean {
    return (this.u32() >>> 5) * 2 ** 26 + (this.u32() >>> 6) < p * 2 ** 53;
  }
}

/**
 * Start-up self-test: refuses a generator that is stuck, constant or plainly biased. Counts the ones among 2^19 bits
 * and looks for a repeated 64-bit word; a good generator fails with probability below 1e-9 (|z| > 6.5).
 */
export function checkEntropy(source: RandomSource): void {
  const words = 16_384;
  const seen = new Set<string>();
  let ones = 0;
  for (let i = 0; i < words; i += 2) {
    const [a, b] = [source.u32(), source.u32()];
    seen.add(`${a},${b}`);
    for (let x of [a, b]) for (; x !== 0; x = (x & (x - 1)) >>> 0) ones++;
  }
  const bits = words * 32;
  const z = Math.abs(ones - bits / 2) / Math.sqrt(bits / 4);
  if (seen.size !== words / 2 || z > 6.5)
    throw new Error("the random generator of this machine is broken: it repeats itself or is biased");
}
