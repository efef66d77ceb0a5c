/**
 * The seeded generator of explanations: sfc32 (Doty-Humphrey, PractRand 0.94). Equal seeds give equal bytes on every
 * machine, so an explanation can be made again from its record. Nothing secret rests on it; what does is
 * privacy/random.ts's.
 */
export class Seeded {
  #a = 0;
  #b: number;
  #c: number;
  #counter = 1;

  /** @param seed any integer; it is in the explanation's record */
  constructor(seed: number) {
    this.#b = seed | 0;
    this.#c = Math.floor(seed / 2 ** 32) | 0;
    // The generator's own advice: a dozen steps mix the seed.
    for (let i = 0; i < 15; i++) this.u32();
  }

  /** Uniform on [0, 2^32) */
  u32(): number {
    const sum = (this.#a + this.#b + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0;
    return sum >>> 0;
  }

  /** Uniform on [0, 1) */
  uniform(): number {
    return this.u32() / 2 ** 32;
  }

  /** Uniform on 0 … bound − 1 (bias below bound/2^32) */
  below(bound: number): number {
    return Math.floor(this.uniform() * bound);
  }

  /** 0 … count − 1 in a random order (Fisher and Yates) */
  permutation(count: number): number[] {
    const order = Array.from({ length: count }, (_, i) => i);
    for (let i = count - 1; i > 0; i--) {
      const j = this.below(i + 1);
      [order[i], order[j]] = [order[j]!, order[i]!];
    }
    return order;
  }
}
