/**
 * What a promise means to somebody who wants to find out whether a unit took part: how many of those who did can be
 * found out by an attacker who may be wrong about 1 % of those who did not.
 */
import { muOf, truePositiveRateAtOnePercent } from "./accountants/gaussian.ts";
import { epsilonOf, type MechanismEvent } from "./accountants/rdp.ts";

const falsePositives = 0.01;

/**
 * Upper bound on the true-positive rate at 1 % false positives, in [0.01, 1].
 *
 * Without sampling it is exact: answers compose to one of μ = √Σ 1/z² (Dong, Roth & Su 2022, Corollary 3.3). Sampling
 * never helps the attacker, so that holds with it too; a better bound is then the best of (ε, δ)-DP's over many δ,
 * TPR ≤ min(e^ε·FPR + δ, 1 − e^{−ε}(1 − δ − FPR)) (ibid., Proposition 2.4). The central limit theorem is no bound.
 */
export function attackerPower(events: readonly MechanismEvent[]): number {
  const mu = Math.sqrt(
    events.reduce((sum, e) => sum + (e.sampleRate > 0 ? muOf(e.noiseMultiplier, e.count) ** 2 : 0), 0),
  );
  let best = truePositiveRateAtOnePercent(mu);
  if (events.every((e) => e.sampleRate === 0 || e.sampleRate === 1)) return best;
  for (let exponent = -8; exponent <= -1.5; exponent += 0.25) {
    const delta = 10 ** exponent;
    const epsilon = epsilonOf(events, delta);
    best = Math.min(
      best,
      Math.exp(epsilon) * falsePositives + delta,
      1 - Math.exp(-epsilon) * (1 - delta - falsePositives),
    );
  }
  return Math.max(falsePositives, best);
}
