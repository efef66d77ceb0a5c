/** All that a storm decides, by its seed: so that what broke something can be sent again. */
import { Seeded } from "../../../shared/explain/seeded.ts";

export class Dice {
  readonly #random: Seeded;

  constructor(seed: number) {
    this.#random = new Seeded(seed);
  }

  /** Uniform on 0 … bound − 1 */
  below(bound: number): number {
    return this.#random.below(bound);
  }

  /** True one time in so many */
  oneIn(times: number): boolean {
    return this.below(times) === 0;
  }

  of<T>(options: readonly T[]): T {
    return options[this.below(options.length)]!;
  }

  /** Any bytes, 0 … most of them, short ones more often */
  bytes(most: number): Uint8Array<ArrayBuffer> {
    const bytes = new Uint8Array(this.below(1 + this.below(most + 1)));
    for (let i = 0; i < bytes.length; i++) bytes[i] = this.below(256);
    return bytes;
  }

  hex(length: number): string {
    let text = "";
    while (text.length < 2 * length) text += this.#random.u32().toString(16).padStart(8, "0");
    return text.slice(0, 2 * length);
  }
}
