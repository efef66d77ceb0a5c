/**
 * Lower bounds on ε from canaries in one single run: half of them took part by a coin, an attacker gives each a score
 * and guesses «took part» above a threshold. They are loose (about a quarter of the true ε with 20,000 canaries): what
 * exceeds the claim shows an error, what stays below it proves nothing.
 */
import { logNormalCdf, muWithin } from "../accountants/gaussian.ts";
import { binomialTail, logBinomial } from "./binomial.ts";
import { normalQuantile } from "./normal.ts";

export interface OneRunOptions {
  delta: number;
  /** Chance that a true claim is called false */
  significance: number;
}

/** How many of the canaries that took part, and of the others, score at least a threshold. */
interface Guesses {
  right: number;
  wrong: number;
}

/**
 * Of Steinke, Nasr & Jagielski 2023 (arXiv 2305.08846, Theorem 5.2), the best over all thresholds on the ROC's hull,
 * with Bonferroni's correction for their number.
 * @param present scores of canaries that took part @param absent of those that did not
 * @returns the largest ε that is refuted at δ; 0 if none is
 */
export function oneRunEpsilon(present: readonly number[], absent: readonly number[], options: OneRunOptions): number {
  return bestOver(present, absent, options, ({ right, wrong }, canaries, significance) => {
    return (epsilon) => oneRunP(canaries, right + wrong, right, epsilon, options.delta) <= significance;
  });
}

/**
 * Of Mahloujifar, Melis & Chaudhuri 2024 (arXiv 2410.22235, Algorithm 3) for Gaussian mechanisms: tighter, since it
 * refutes the whole trade-off curve of the μ that has this ε at δ.
 */
export function oneRunGaussianEpsilon(
  present: readonly number[],
  absent: readonly number[],
  options: OneRunOptions,
): number {
  return bestOver(present, absent, options, ({ right, wrong }, canaries, significance) => {
    return (epsilon) => refutesGaussian(muWithin(epsilon, options.delta), canaries, right, wrong, significance);
  });
}

/** p of «(ε, δ) holds»: β + 2mδα, β = P(Bin(r, q) ≥ v), α = max_i (P(Bin(r, q) ≥ v − i) − β)/i, q = e^ε/(1 + e^ε). */
function oneRunP(canaries: number, guesses: number, right: number, epsilon: number, delta: number): number {
  const q = 1 / (1 + Math.exp(-epsilon));
  const beta = binomialTail(right, guesses, q);
  let alpha = 0;
  let sum = 0;
  // The mean of the terms below `right`, down to where another term would lower it.
  for (let i = 1; i <= right; i++) {
    const term = Math.exp(logBinomial(right - i, guesses, q));
    if (term < alpha) break;
    sum += term;
    alpha = Math.max(alpha, sum / i);
  }
  return Math.min(1, beta + 2 * canaries * delta * alpha);
}

/** Whether these guesses are too good for μ-GDP: the recursion over the number of right guesses. */
function refutesGaussian(mu: number, canaries: number, right: number, wrong: number, significance: number): boolean {
  if (mu === Infinity) return false;
  const guesses = right + wrong;
  let r = (significance * right) / canaries;
  let h = (significance * wrong) / canaries;
  for (let i = right - 1; i >= 0; i--) {
    const next = Math.max(h, Math.exp(logNormalCdf(normalQuantile(r) - mu)));
    if (next === h) break;
    r = Math.min(1, r + (i / (guesses - i)) * (next - h));
    h = next;
    if (r + h > guesses / canaries) return true;
  }
  return r + h > guesses / canaries;
}

function bestOver(
  present: readonly number[],
  absent: readonly number[],
  { significance }: OneRunOptions,
  refuter: (guesses: Guesses, canaries: number, significance: number) => (epsilon: number) => boolean,
): number {
  const hull = rocHull(present, absent);
  const share = significance / hull.length;
  const canaries = present.length + absent.length;
  let best = 0;
  for (const guesses of hull.sort((a, b) => precision(b) - precision(a))) {
    // Fewer right guesses than the best bound so far expects refute nothing more.
    if (precision(guesses) <= 1 / (1 + Math.exp(-best))) continue;
    const refuted = refuter(guesses, canaries, share);
    if (!refuted(best)) continue;
    let [low, high] = [best, Math.max(1, 2 * best)];
    while (refuted(high) && high < 1e3) [low, high] = [high, 2 * high];
    while (high - low > 1e-6) {
      const middle = (low + high) / 2;
      if (refuted(middle)) low = middle;
      else high = middle;
    }
    best = low;
  }
  return best;
}

const precision = ({ right, wrong }: Guesses): number => (right + wrong === 0 ? 0 : right / (right + wrong));

/** Vertices of the upper hull of (wrong, right) over all thresholds, from (0, 0) to all. */
function rocHull(present: readonly number[], absent: readonly number[]): Guesses[] {
  const scores = [...present.map((score) => ({ score, right: 1 })), ...absent.map((score) => ({ score, right: 0 }))];
  scores.sort((a, b) => b.score - a.score);
  const hull: Guesses[] = [{ right: 0, wrong: 0 }];
  let [right, wrong] = [0, 0];
  scores.forEach(({ score, right: isRight }, i) => {
    right += isRight;
    wrong += 1 - isRight;
    if (scores[i + 1]?.score === score) return;
    const next = { right, wrong };
    while (hull.length > 1 && !bendsDown(hull.at(-2)!, hull.at(-1)!, next)) hull.pop();
    hull.push(next);
  });
  return hull;
}

const bendsDown = (a: Guesses, b: Guesses, c: Guesses): boolean =>
  (b.right - a.right) * (c.wrong - b.wrong) > (c.right - b.right) * (b.wrong - a.wrong);
