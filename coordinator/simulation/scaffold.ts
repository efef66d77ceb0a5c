/**
 * SCAFFOLD (Karimireddy et al. 2020, Algorithm 1, option II). As published, participant i sends (Δy, Δc) as they are and
 * keeps its control variate c_i; here both are clipped, and one noise covers the two:
 *
 *   y ← y − η(g(y) − c_i + c),   Δc = −c + (x − y)/(Kη) cut to `controlBound`,   c_i ← c_i + Δc,   c ← c + ΣΔc/N
 *
 * The second vector has as large a part of the joint bound as the first, so that √2 times the noise is on both. What is
 * kept in the tab, c_i, never leaves it; c is made of noisy sums.
 */
import { type Layout, segment } from "../../shared/questions/layout.ts";
import type { Extra } from "./extras.ts";

const name = "control";

export class Scaffold {
  readonly extra: Extra;
  /** c_i of those who have answered */
  readonly #own = new Map<number, Float64Array>();
  #common: Float64Array;

  constructor(
    parameters: number,
    private readonly localLearningRate: number,
    private readonly controlBound: number,
  ) {
    this.#common = new Float64Array(parameters);
    this.extra = { name, length: parameters, bound: controlBound, share: 1 };
  }

  /** c − c_i */
  correction(number: number): Float64Array {
    const own = this.#own.get(number);
    return own ? this.#common.map((x, i) => x - own[i]!) : this.#common;
  }

  /** Writes Δc into the vector. @param change y − x @param steps K */
  answer(vector: Float64Array, layout: Layout, number: number, change: Float64Array, steps: number): void {
    if (steps === 0) return;
    const rate = steps * this.localLearningRate;
    const moved = this.#common.map((c, i) => -c - change[i]! / rate);
    const norm = Math.sqrt(moved.reduce((sum, x) => sum + x * x, 0));
    const factor = norm > this.controlBound ? this.controlBound / norm : 1;
    const { offset } = segment(layout, name);
    const own = this.#own.get(number) ?? new Float64Array(moved.length);
    moved.forEach((x, i) => {
      vector[offset + i] = x * factor;
      own[i]! += x * factor;
    });
    this.#own.set(number, own);
  }

  /** @param sum ΣΔc of the survivors, noisy @param participants N, all that there are */
  take(sum: Float64Array, participants: number): void {
    this.#common = this.#common.map((c, i) => c + sum[i]! / participants);
  }
}
