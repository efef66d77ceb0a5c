import { describe, expect, it } from "vitest";
import { readRows } from "../../shared/data/rows.ts";
import { recordSchema } from "../../shared/ledger/entries.ts";
import { seededRandom } from "../../shared/privacy/testing/seeded.ts";
import { rankingFigures, rankNumbers, rankOf, rankShares } from "../../shared/recommend/ranking.ts";
import { chooser, filmsOf, filmTask } from "../../shared/recommend/testing/films.ts";
import { choosersOf } from "./choosers.ts";
import { Federation } from "./federation.ts";
import { networkOf } from "./population.ts";

const films = filmsOf(400);
const persons = 160;

/** Persons of two tastes. Who likes one kind chose a tenth of it, the same as all others of that taste, and none of the other. */
async function simulated(epsilon: number, isPrivate: boolean) {
  const task = filmTask("0".repeat(64), films.ids.length, {
    privacy: { unit: "participant", epsilon, delta: 1e-3, clipNorm: 1, profileShare: 0.3 },
    cohort: { minimum: 100, maximum: persons, dropoutTolerance: 0.1 },
    training: { rounds: 4, learningRate: 1, localEpochs: 2, localLearningRate: 0.3 },
  });
  const random = seededRandom(7);
  const everybody = Array.from({ length: persons }, (_, i) => readRows(chooser(films, i % 2, 10, i), task).rows);
  const choosers = choosersOf(everybody, films, random);
  const federation = new Federation({ task, ...choosers, choosers, isPrivate, penaltyOn: "everyone", random, seed: 1 });
  const { parameters, popularity, evaluation } = await federation.run();
  const network = networkOf(task, choosers.inputs(popularity!));
  const own = new Float64Array(parameters);
  const sum = new Float64Array(rankNumbers);
  for (const { heldBack } of choosers.participants) {
    const [chosen, ...others] = Array.from(heldBack, (row) => network.logit(own, row));
    rankShares(rankOf(chosen!, others)).forEach((share, k) => {
      sum[k]! += share;
    });
  }
  return { exact: rankingFigures(sum, 0)!, told: evaluation.ranking!, choosers };
}

describe("a federation of persons who chose", () => {
  it("learns what they like, and tells the exact ranks where there is no noise", async () => {
    const { exact, told, choosers } = await simulated(8, false);
    expect(choosers.participants).toHaveLength(persons);
    expect(told.persons).toBeCloseTo(persons, 6);
    expect(told.hitRate).toBeCloseTo(exact.hitRate, 9);
    expect(told.ndcg).toBeCloseTo(exact.ndcg, 9);
    // Who knew only what is chosen often would have a dozen films of the other taste beside each: 0.4.
    expect(told.ndcg).toBeGreaterThan(0.8);
    expect(Object.keys(told.byGroup.likes!)).toEqual(["comedy", "tragedy"]);
    expect(told.gaps.likes!.hitRate).toBeCloseTo(
      Math.abs(told.byGroup.likes!.comedy!.hitRate - told.byGroup.likes!.tragedy!.hitRate),
      9,
    );
    expect(recordSchema.shape.ranking.parse(JSON.parse(JSON.stringify(told)))).toEqual(told);
  });

  it("tells them under noise to within five of the deviations it states", async () => {
    const { exact, told } = await simulated(40, true);
    expect(told.deviation).toBeGreaterThan(0);
    expect(Math.abs(told.hitRate - exact.hitRate)).toBeLessThan(5 * told.deviation);
    expect(Math.abs(told.persons - persons)).toBeGreaterThan(1e-6);
  });
});
