import { describe, expect, it } from "vitest";
import { seededWords } from "../testing/seeded.ts";
import { meanTrials, selectionEpsilon, selectionRdp, type Trials, trialsOf } from "./selection.ts";
import { epsilonOfRho } from "./zcdp.ts";

const next = seededWords(3);
const uniform = () => next() / 2 ** 32;

/** E[x^K] */
const generating = (x: number, { eta, gamma }: Trials) =>
  eta === 0
    ? Math.log(1 - (1 - gamma) * x) / Math.log(gamma)
    : ((1 - (1 - gamma) * x) ** -eta - 1) / (gamma ** -eta - 1);

const divergence = (p: number[], q: number[], order: number) =>
  Math.log(p.reduce((sum, x, i) => sum + x ** order * q[i]! ** (1 - order), 0)) / (order - 1);

/** Of a run's outcomes, worst first, what the best of K is. */
const bestOf = (run: number[], trials: Trials) => {
  let [sum, before] = [0, 0];
  return run.map((p) => {
    sum += p;
    const upTo = generating(Math.min(1, sum), trials);
    const own = upTo - before;
    before = upTo;
    return own;
  });
};

const settings: Trials[] = [
  { eta: 1, gamma: 0.1 },
  { eta: 1, gamma: 0.01 },
  { eta: 0, gamma: 0.05 },
  { eta: 0.5, gamma: 0.02 },
  { eta: 2, gamma: 0.2 },
];

describe("the best of a random number of runs", () => {
  it.each(settings)("has the mean of its distribution: %j", (trials) => {
    // f′(1), by a difference to the left.
    const slope = (generating(1, trials) - generating(1 - 1e-7, trials)) / 1e-7;
    expect(meanTrials(trials)).toBeCloseTo(slope, 2);
    expect(trialsOf(trials.eta, meanTrials(trials)).gamma).toBeCloseTo(trials.gamma, 9);
  });

  it("is never further from its neighbour than the theorem says, by exact divergences of a thousand pairs", () => {
    let closest = 0;
    for (let i = 0; i < 1000; i++) {
      const trials = settings[i % settings.length]!;
      const outcomes = 2 + (i % 4);
      const weights = Array.from({ length: outcomes }, () => uniform() ** 2 + 1e-3);
      const others = weights.map((w) => w * Math.exp((uniform() - 0.5) * 2 * (i % 7)));
      const normal = (w: number[]) => w.map((x) => x / w.reduce((a, b) => a + b, 0));
      const [p, q] = [normal(weights), normal(others)];
      const both = (order: number) => Math.max(divergence(p, q, order), divergence(q, p, order));
      const [order, otherOrder] = [1.5 + 10 * uniform(), 1.5 + 20 * uniform()];
      const bound = selectionRdp(order, { atOrder: both(order), otherOrder, atOtherOrder: both(otherOrder) }, trials);
      const exact = divergence(bestOf(p, trials), bestOf(q, trials), order);
      expect(exact).toBeLessThanOrEqual(bound + 1e-9);
      closest = Math.max(closest, exact / bound);
    }
    // And it is no bound that anything would keep.
    expect(closest).toBeGreaterThan(0.4);
  });

  it("costs more than one run and, from a few trials on, less than that many runs composed", () => {
    const [rho, delta] = [0.02, 1e-5];
    const one = epsilonOfRho(rho, delta);
    for (const mean of [2, 10, 100]) {
      const chosen = selectionEpsilon(rho, trialsOf(1, mean), delta);
      expect(chosen).toBeGreaterThan(one);
      if (mean >= 10) expect(chosen).toBeLessThan(epsilonOfRho(mean * rho, delta));
    }
    expect(selectionEpsilon(rho, trialsOf(0, 10), delta)).toBeLessThan(selectionEpsilon(rho, trialsOf(1, 10), delta));
  });
});
