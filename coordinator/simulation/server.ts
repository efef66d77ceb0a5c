/**
 * FedAdam and FedYogi (Reddi et al. 2021, Algorithm 2), without bias correction, as published:
 *
 *   m ← β₁m + (1 − β₁)Δ;   Adam: v ← β₂v + (1 − β₂)Δ²   Yogi: v ← v − (1 − β₂)Δ²·sign(v − Δ²);   x ← x + η·m/(√v + τ)
 *
 * v begins at τ². All of it is made of noisy sums and costs no privacy, but v is of the noise too: where noise is larger
 * than Δ, every coordinate's step is shortened alike.
 */
import type { Server } from "../../shared/lab/axes.ts";

export type AdaptiveKind = Extract<Server, { kind: "fedadam" | "fedyogi" }>;

export class AdaptiveServer {
  readonly #first: Float64Array;
  readonly #second: Float64Array;

  constructor(
    private readonly options: Omit<AdaptiveKind, "learningRate">,
    parameters: number,
  ) {
    this.#first = new Float64Array(parameters);
    this.#second = new Float64Array(parameters).fill(options.tau ** 2);
  }

  /** m/(√v + τ) after one more round. @param mean Δ [parameters] */
  direction(mean: Float64Array): Float64Array {
    const { kind, beta1, beta2, tau } = this.options;
    return mean.map((delta, i) => {
      const square = delta ** 2;
      const before = this.#second[i]!;
      const second =
        kind === "fedadam"
          ? beta2 * before + (1 - beta2) * square
          : before - (1 - beta2) * square * Math.sign(before - square);
      const first = beta1 * this.#first[i]! + (1 - beta1) * delta;
      this.#first[i] = first;
      this.#second[i] = second;
      return first / (Math.sqrt(second) + tau);
    });
  }
}
