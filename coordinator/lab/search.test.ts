import { describe, expect, it } from "vitest";
import { asGrid, cellsOfGrid } from "../../shared/lab/grid.ts";
import type { Search } from "../../shared/lab/search.ts";
import { planOf } from "../../shared/plan.ts";
import { trialsOf } from "../../shared/privacy/accountants/selection.ts";
import { epsilonOfRho, rhoOf } from "../../shared/privacy/accountants/zcdp.ts";
import { chiSquaredP } from "../../shared/privacy/testing/chi-squared.ts";
import { seededRandom } from "../../shared/privacy/testing/seeded.ts";
import type { Outcome } from "../simulation/federation.ts";
import { runCell } from "./cell.ts";
import { type Candidate, drawTrials, halvingEpsilon, rungsOf, samplesOf, searched } from "./search.ts";
import { taskOf } from "./task-of.ts";

const draw = seededRandom(3);
const uniform = () => draw.uniform53() / 2 ** 53;
const records = Array.from({ length: 600 }, () => {
  const x = 2 * uniform() - 1;
  return { x: `${x}`, y: uniform() < 1 / (1 + Math.exp(-4 * x)) ? "yes" : "no" };
});
const base = {
  name: "searched",
  purpose: "a small task for tests of a search",
  data: {
    label: { column: "y", positive: "yes", negative: "no" },
    features: [{ name: "x", kind: "numeric", min: -1, max: 1 }],
    sensitive: [],
    heldBack: 0.3,
  },
  model: {},
  privacy: { unit: "record", epsilon: 4, delta: 1e-5, clipNorm: 2 },
  cohort: { minimum: 3, maximum: 10, dropoutTolerance: 0, colludingShare: 0 },
  training: { rounds: 16, learningRate: 1 },
};
const worldWith = (search: object) => {
  const grid = asGrid({
    ...{ name: "searched", task: "-", data: "-", epsilon: [4], seeds: [1] },
    split: [{ kind: "iid", participants: 5 }],
    search,
  });
  return { grid, base, train: records.slice(0, 450), test: records.slice(450) };
};
const over = { "training.learningRate": { from: 0.001, to: 10 } };
const random = worldWith({ kind: "random", over, trials: 5 });
const halving = worldWith({ kind: "halving", over, trials: 8 });
const cellOf = (world: ReturnType<typeof worldWith>) => cellsOfGrid(world.grid)[0]!;
type Halving = Extract<Search, { kind: "halving" }>;

describe("a search", () => {
  it("draws as many runs as its distribution says", () => {
    for (const eta of [0, 1, 2]) {
      const trials = trialsOf(eta, 4);
      const chance = seededRandom(5);
      const drawn = Array.from({ length: 20_000 }, () => drawTrials(trials, chance));
      // Mean of a heavy tail: five standard errors at a deviation below 6.
      expect(Math.abs(drawn.reduce((a, b) => a + b, 0) / drawn.length - 4)).toBeLessThan(0.22);
      if (eta !== 1) continue;
      const counts = Array.from({ length: 12 }, (_, i) => drawn.filter((k) => (i < 11 ? k === i + 1 : k > 11)).length);
      const expected = counts.map((_, i) => drawn.length * (i < 11 ? 0.25 * 0.75 ** i : 0.75 ** 11));
      expect(chiSquaredP(counts, expected)).toBeGreaterThan(1e-4);
    }
  });

  it("keeps the run whose private figure is best, and prefers any figure to none", async () => {
    const task = taskOf(random, cellOf(random));
    const figures = [0.6, Number.NaN, 0.9, 0.7];
    const seen: Candidate[] = [];
    const play = async (candidate: Candidate) => {
      const auc = figures[seen.push(candidate) - 1] ?? 0.5;
      return { evaluation: { auc } } as Outcome;
    };
    // Halving begins with eight; at random it is as many as are drawn.
    const found = await searched(halving.grid.search!, task, seededRandom(2), play);
    expect(seen).toHaveLength(8 + 4 + 2 + 1);
    expect(found.chosen).toEqual(seen[2]);
    expect(found.trials).toBe(8);
  });

  it("goes from many short runs to one whole one, and pays for every round and every look", () => {
    const search = halving.grid.search as Halving;
    const rungs = rungsOf(search, 64);
    expect(rungs).toEqual([
      { candidates: 8, rounds: 8 },
      { candidates: 4, rounds: 16 },
      { candidates: 2, rounds: 32 },
      { candidates: 1, rounds: 64 },
    ]);
    const task = taskOf(halving, cellOf(halving));
    const { profile, train, evaluate } = planOf(task).noiseMultiplier;
    // Of 16 rounds: 8 · 2 + 4 · 2 + 2 · 4 + 1 · 8 = 40, and 15 looks at other rows.
    const learning = rhoOf(profile, 8) + rhoOf(train, 40);
    const paid = epsilonOfRho(Math.max(learning, rhoOf(evaluate, 15)), task.privacy.delta);
    expect(halvingEpsilon(search, task)).toBeCloseTo(paid, 12);
    expect(paid).toBeGreaterThan(1.5 * task.privacy.epsilon);
  });

  it("in a cell finds a step that works, says what it cost, and is the same again from its seed", async () => {
    for (const world of [random, halving]) {
      const result = await runCell(world, cellOf(world));
      expect(result.searchEpsilon).toBeGreaterThan(4);
      // Of one feature even a tiny step finds the sign, and an edge of the score bins lies at 0: a step works that decides well.
      expect(Object.keys(result.chosen!)).toEqual(["training.learningRate"]);
      expect(result.auc).toBeGreaterThan(0.85);
      expect(result.accuracy).toBeGreaterThan(0.8);
      expect(await runCell(world, cellOf(world))).toEqual(result);
      const without = await runCell(world, { ...cellOf(world), epsilon: "inf" });
      expect(without.searchEpsilon).toBeNull();
    }
  });

  it("is refused where a candidate makes no task, or its cost cannot be said", () => {
    const bad = worldWith({ kind: "random", over: { "training.localEpochs": { from: 1, to: 4 } }, trials: 5 });
    expect(samplesOf(bad.grid.search!).map((sample) => sample["training.localEpochs"])).toEqual([1, 1.67, 4]);
    expect(() => worldWith({ kind: "random", over: { "privacy.epsilon": [1, 2] }, trials: 5 })).toThrow(/^search.over/);
    expect(() => taskOf(halving, { ...cellOf(halving), mechanism: "banded" })).toThrow(/^search: is halving/);
  });
});
