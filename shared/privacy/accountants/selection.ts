/**
 * What it costs to choose the best of several private runs, where how many there are is drawn at random and only the best
 * is told (Papernot & Steinke 2022, arXiv 2110.03620): K follows the truncated negative binomial distribution D(η, γ),
 *
 *   P[K = k] = (1 − γ)^k/(γ^−η − 1)·Π_{l<k} (l + η)/(l + 1),  k ≥ 1      (η = 1: geometric; η = 0: logarithmic)
 *
 * Formal guarantee (Theorem 2): if each run is (λ, ε)- and (λ̂, ε̂)-RDP, the best of K runs is (λ, ε′)-RDP with
 *
 *   ε′ = ε + (1 + η)(1 − 1/λ̂)·ε̂ + (1 + η)·ln(1/γ)/λ̂ + ln E[K]/(λ − 1)
 *
 * What it does not promise: anything where K, or another run than the best, is told.
 */
import { InputError } from "../../errors.ts";
import { convert, orders } from "./rdp.ts";

export interface Trials {
  /** η > −1 */
  eta: number;
  /** γ in (0, 1) */
  gamma: number;
}

/** E[K] (ibid., Definition 1). */
export function meanTrials({ eta, gamma }: Trials): number {
  if (eta === 0) return (1 / gamma - 1) / Math.log(1 / gamma);
  return (eta * (1 - gamma)) / (gamma * (1 - gamma ** eta));
}

/** γ for an expected number of trials; the fewer, the closer γ is to 1. */
export function trialsOf(eta: number, mean: number): Trials {
  if (!(mean > 1)) throw new InputError("trials", `are ${mean} on average`, "Use a number above 1.");
  let [low, high] = [0, 1];
  for (let i = 0; i < 200; i++) {
    const gamma = (low + high) / 2;
    if (meanTrials({ eta, gamma }) > mean) low = gamma;
    else high = gamma;
  }
  return { eta, gamma: high };
}

/** RDP of order λ of the best run. @param run one run's RDP at λ, and at an order λ̂ ≥ 1 of one's choice */
export function selectionRdp(
  order: number,
  run: { atOrder: number; otherOrder: number; atOtherOrder: number },
  trials: Trials,
): number {
  const { eta, gamma } = trials;
  const { atOrder, otherOrder, atOtherOrder } = run;
  const pay = (1 - 1 / otherOrder) * atOtherOrder + Math.log(1 / gamma) / otherOrder;
  return atOrder + (1 + eta) * pay + Math.log(meanTrials(trials)) / (order - 1);
}

/** ε at δ of the best run, where one run is ρ-zCDP: (λ, ρλ)-RDP for every λ. */
export function selectionEpsilon(rho: number, trials: Trials, delta: number): number {
  // Where ρ(λ̂ − 1) + ln(1/γ)/λ̂ is least.
  const otherOrder = Math.max(1, Math.sqrt(Math.log(1 / trials.gamma) / rho));
  const run = { otherOrder, atOtherOrder: rho * otherOrder };
  return Math.min(
    ...orders.map((order) => convert(order, selectionRdp(order, { ...run, atOrder: rho * order }, trials), delta)),
  );
}
