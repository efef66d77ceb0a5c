/**
 * q-FedAvg (Li, Sanjabi, Beirami & Smith 2020, Algorithm 2), made private. As published, a participant sends
 * F^q·L·(w − w̄) and h = q·F^{q−1}·L²·‖w − w̄‖² + L·F^q, F its loss and L = 1/η; neither is bounded. Here the change is
 * clipped to C first and the loss cut at B, and both are divided by L·B^q, which the server's quotient undoes:
 *
 *   u = (F/B)^q·(w̄ − w),  ‖u‖ ≤ C      h = q·(F/B)^{q−1}·(L/B)·‖w̄ − w‖² + (F/B)^q, cut at 1 + q·L·C²/B      w ← w + Σu/Σh
 *
 * h is one more coordinate under the joint bound. Where its noisy sum is below its own noise, the noise is divided by
 * instead: the step is small, never wild.
 */
import { type Layout, segment } from "../../shared/questions/layout.ts";
import type { Extra } from "./extras.ts";

const name = "weight";
/** As large as the histogram's customary share: Σh is what every step is divided by. */
const share = 0.35;

export class QFair {
  readonly extra: Extra;

  constructor(
    private readonly q: number,
    private readonly lossBound: number,
    private readonly localLearningRate: number,
    clipNorm: number,
  ) {
    this.extra = { name, length: 1, bound: 1 + (q * clipNorm ** 2) / (lossBound * localLearningRate), share };
  }

  /** Clips and weighs the update in the vector, and writes h. @param loss F, nats */
  weigh(vector: Float64Array, layout: Layout, loss: number): void {
    const { offset, length, bound } = segment(layout, "update");
    const update = vector.subarray(offset, offset + length);
    const norm = Math.sqrt(update.reduce((sum, x) => sum + x * x, 0));
    const clipped = Math.min(norm, bound);
    const relative = Math.min(1, loss / this.lossBound);
    const weight = relative ** this.q;
    if (norm > 0) for (let i = 0; i < length; i++) update[i]! *= (weight * clipped) / norm;
    const curvature =
      this.q === 0 || clipped === 0
        ? 0
        : (this.q * relative ** (this.q - 1) * clipped ** 2) / (this.lossBound * this.localLearningRate);
    vector[segment(layout, name).offset] = Math.min(this.extra.bound, curvature + weight);
  }

  /** Σu/Σh. @param weights Σh, noisy @param noise standard deviation of its noise */
  direction(update: Float64Array, weights: number, noise: number): Float64Array {
    const divisor = Math.max(weights, noise, Number.MIN_VALUE);
    return update.map((x) => x / divisor);
  }
}
