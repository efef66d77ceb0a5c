import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { undisclosed } from "../fairness/histogram.ts";
import { seededRandom } from "../privacy/testing/seeded.ts";
import { evaluateLayout, rankAnswer } from "../questions/evaluate.ts";
import { segment } from "../questions/layout.ts";
import { ranked, rankingFigures, rankNumbers, rankOf, rankShares } from "./ranking.ts";
import { filmTask } from "./testing/films.ts";

const scores = fc.array(fc.integer({ min: -4, max: 4 }), { minLength: 1, maxLength: ranked });

describe("a rank", () => {
  it("is the place in the sorted list, behind all that tie", () => {
    fc.assert(
      fc.property(fc.integer({ min: -4, max: 4 }), scores, (chosen, others) => {
        const sorted = [...others.map((score) => ({ score, own: 0 })), { score: chosen, own: 1 }].sort(
          (a, b) => b.score - a.score || a.own - b.own,
        );
        expect(rankOf(chosen, others)).toBe(sorted.findIndex(({ own }) => own === 1));
      }),
    );
  });

  it("is the last of a model that scores everything alike: it hits nothing", () => {
    expect(rankOf(0, new Float32Array(ranked))).toBe(ranked);
  });

  it("8.23 a score that is no number is ranked last", () => {
    expect(rankOf(Number.NaN, [1, 2, 3])).toBe(3);
    expect(rankOf(5, [1, Number.NaN, 3])).toBe(1);
  });
});

const sumOf = (ranks: readonly number[]): Float64Array => {
  const sum = new Float64Array(rankNumbers);
  for (const rank of ranks)
    rankShares(rank).forEach((share, k) => {
      sum[k]! += share;
    });
  return sum;
};

describe("figures of a ranking", () => {
  it("are those of He et al. 2017, person by person, where there is no noise", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: ranked }), { minLength: 1, maxLength: 60 }), (ranks) => {
        const mean = (of: (rank: number) => number) => ranks.reduce((sum, rank) => sum + of(rank), 0) / ranks.length;
        const { hitRate, ndcg, persons } = rankingFigures(sumOf(ranks), 0)!;
        expect(persons).toBe(ranks.length);
        expect(hitRate).toBeCloseTo(
          mean((rank) => (rank < 10 ? 1 : 0)),
          12,
        );
        expect(ndcg).toBeCloseTo(
          mean((rank) => (rank < 10 ? Math.LN2 / Math.log(rank + 2) : 0)),
          12,
        );
      }),
    );
  });

  it("rest on what keeps the bound that the layout promises, for every rank", () => {
    const layout = evaluateLayout(filmTask("0".repeat(64), 300));
    const { bound } = segment(layout, "ranks");
    for (let rank = 0; rank <= ranked; rank++)
      expect(Math.hypot(...rankAnswer(rank, Uint8Array.of(1), layout))).toBeLessThanOrEqual(bound + 1e-12);
    expect(rankAnswer(0, Uint8Array.of(undisclosed), layout).some((x) => x !== 0)).toBe(false);
  });

  it("say by how much noise and the draw of persons scatter them, to a tenth", () => {
    const random = seededRandom(5);
    const normal = () => {
      let sum = 0;
      for (let i = 0; i < 12; i++) sum += random.below(1 << 20) / (1 << 20);
      return sum - 6;
    };
    const [persons, share, noise, draws] = [400, 0.4, 8, 2000];
    const rates: number[] = [];
    let said = 0;
    for (let draw = 0; draw < draws; draw++) {
      const ranks = Array.from({ length: persons }, () => (random.below(1000) < share * 1000 ? 3 : ranked));
      const told = rankingFigures(
        sumOf(ranks).map((x) => x + noise * normal()),
        noise,
      )!;
      rates.push(told.hitRate);
      said += told.deviation / draws;
    }
    const mean = rates.reduce((a, b) => a + b) / draws;
    const found = Math.sqrt(rates.reduce((sum, rate) => sum + (rate - mean) ** 2, 0) / draws);
    // A deviation of 2000 draws is off by 1.6 % as a rule: a tenth is six times that.
    expect(Math.abs(said / found - 1)).toBeLessThan(0.1);
    expect(Math.abs(mean - share)).toBeLessThan(0.01);
  });

  it("are not told of persons that noise alone could make", () => {
    const sum = sumOf([0, 20, 20, 20, 4, 30, 8, 50, 9, 10]);
    expect(rankingFigures(sum, 0)).toBeDefined();
    expect(rankingFigures(sum, 1)).toBeDefined();
    expect(rankingFigures(sum, 2)).toBeUndefined();
    expect(rankingFigures(new Float64Array(rankNumbers), 0)).toBeUndefined();
    expect(rankingFigures(Float64Array.of(-3, 1, 1), 0)).toBeUndefined();
  });
});
