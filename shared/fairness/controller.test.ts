import { describe, expect, it } from "vitest";
import type { Task } from "../task.ts";
import {
  type ControllerState,
  type Gains,
  gains,
  initialController,
  runningHistogram,
  stepController,
  thresholdOf,
} from "./controller.ts";
import { histogramIndex, neutralWitness, scoreBins } from "./histogram.ts";
import { simulate } from "./testing/federation.ts";
import { fairTask, histogramOf, type ScoredRow } from "./testing/histograms.ts";

const cells = 5;
/** `selected` of `size` rows of each of the first two cells score high, the others low. */
function rowsOf(groups: [selected: number, size: number][]): ScoredRow[] {
  return groups.flatMap(([selected, size], cell) =>
    Array.from({ length: size }, (_, i) => ({ cell, label: i % 2, logit: i < selected ? 2.1 : -2.1 })),
  );
}
/** Gap +.2 between A and B at ½ */
const unequal = histogramOf(
  rowsOf([
    [30, 100],
    [30, 300],
  ]),
  cells,
);
/** A step on an exact histogram, of a task with one constraint. */
function step(
  task: Task,
  state: ControllerState,
  histogram: Float64Array | undefined,
  { counts, gains }: { counts?: number[]; gains?: Gains } = {},
) {
  const { constraints, ...rest } = stepController(
    task,
    state,
    { histogram, noise: 0, groupLabelCounts: counts },
    gains,
  );
  const [first] = constraints;
  return { ...rest, constraints, ...first, multipliers: Object.values(rest.state.multipliers)[0] };
}
const atHalf = { topShare: undefined, threshold: 0.5, tolerance: 0.02 };

describe("a step of the controller", () => {
  it("follows the formulas", () => {
    const task = fairTask(atHalf, { objective: { fairness: 2 } });
    const { state, witness, gap, threshold, multiplier, multipliers, saturated } = step(
      task,
      initialController(task),
      unequal,
      // High enough that nothing is cut off here.
      { gains: { ...gains, largestSlope: 10 } },
    );
    expect(threshold).toBe(0);
    expect(gap).toBeCloseTo(0.2, 12);
    expect(multipliers!.positive).toBeCloseTo(task.fairness.step * (0.2 - 0.01), 12);
    expect(multipliers!.negative).toBe(0);
    // The bins next to t = 0 have their centres at ±.3125: φ = 4·s(1 − s), s = σ(1.25). A of 100 rows is pulled most.
    const bump = 4 * (1 / (1 + Math.exp(-1.25))) * (1 / (1 + Math.exp(1.25)));
    const pull = multipliers!.positive + 2 * 0.2;
    expect(multiplier).toBeCloseTo(pull / (bump * (400 / 100)), 12);
    expect(saturated).toBe(false);
    for (const label of [0, 1]) {
      for (const bin of [9, 10]) {
        expect(witness.slope[histogramIndex(0, label, bin)]).toBeCloseTo(pull, 10);
        expect(witness.slope[histogramIndex(1, label, bin)]).toBeCloseTo(-pull * (100 / 300), 10);
      }
    }
    // The other attribute is left alone.
    expect(witness.slope.slice(histogramIndex(2, 0, 0)).every((x) => x === 0)).toBe(true);
    expect(JSON.parse(JSON.stringify(state))).toEqual(state);
  });

  it("pushes the other way for the other sign", () => {
    const task = fairTask({ ...atHalf, groups: ["B", "A"] });
    const mirrored = step(task, initialController(task), unequal);
    const plain = step(fairTask(atHalf), initialController(task), unequal);
    expect(mirrored.gap).toBeCloseTo(-0.2, 12);
    expect(mirrored.multipliers).toEqual({ positive: 0, negative: plain.multipliers!.positive });
    mirrored.witness.slope.forEach((x, i) => {
      expect(x).toBeCloseTo(plain.witness.slope[i]!, 12);
    });
  });

  it("keeps every slope within its cap and says when it pushes in vain", () => {
    const task = fairTask(atHalf);
    let state = initialController(task);
    let saturatedAt = 0;
    for (let round = 1; round <= 300; round++) {
      const stepped = step(task, state, unequal);
      state = stepped.state;
      expect(Math.max(...stepped.witness.slope.map(Math.abs))).toBeLessThanOrEqual(gains.largestSlope + 1e-12);
      if (stepped.saturated && saturatedAt === 0) saturatedAt = round;
    }
    expect(Object.values(state.multipliers)[0]!.positive).toBe(gains.largestSlope);
    expect(saturatedAt).toBeGreaterThan(1);
    // Within the tolerance nothing is in vain, however large the multiplier.
    const equal = histogramOf(
      rowsOf([
        [30, 100],
        [90, 300],
      ]),
      cells,
    );
    let last = step(task, state, equal);
    for (let round = 0; round < 20; round++) last = step(task, last.state, equal);
    expect(last.saturated).toBe(false);
  });

  it("pulls a small group up no harder and a large one down as much as the bound leaves: what is given is taken", () => {
    // 20 of A's 1,000 rows are selected, none of B's 50: at any multiplier the pulls add up to nothing.
    const small = histogramOf(
      rowsOf([
        [20, 1000],
        [0, 50],
      ]),
      cells,
    );
    for (const largestSlope of [0.01, 0.5, 100]) {
      const task = fairTask(atHalf, { objective: { fairness: 40 } });
      const { witness } = step(task, initialController(task), small, { gains: { ...gains, largestSlope } });
      const pull = (cell: number) => witness.slope[histogramIndex(cell, 1, 10)]!;
      expect(Math.abs(pull(1))).toBeLessThanOrEqual(largestSlope);
      expect(1000 * pull(0) + 50 * pull(1)).toBeCloseTo(0, 8);
      expect(pull(0)).toBeGreaterThan(0);
    }
  });

  it("moves as far for a small group as for a large one", () => {
    const pulled = (size: number) => {
      const task = fairTask(atHalf);
      const h = histogramOf(
        rowsOf([
          [60, 200],
          [0.1 * size, size],
        ]),
        cells,
      );
      const { witness } = step(task, initialController(task), h);
      return Math.max(...witness.slope.map(Math.abs));
    };
    expect(pulled(40)).toBeCloseTo(pulled(200), 10);
  });

  it("without a penalty holds nothing, with a neutral table but for the weights", () => {
    const task = fairTask({ ...atHalf, penalty: "none", weights: "kamiran-calders" });
    const { constraints, witness } = step(task, initialController(task), unequal, {
      counts: [30, 10, 30, 30, 1, 1, 1, 1, 1, 1],
    });
    expect(constraints).toEqual([]);
    expect(witness.slope).toEqual(neutralWitness(task).slope);
    expect(witness.weight[0]).toBeCloseTo((0.4 * 0.6) / 0.3, 12);
  });

  it("moves nothing before the first histogram, nor while a group has no rows", () => {
    const task = fairTask();
    const before = step(task, initialController(task), undefined);
    expect(before.state).toEqual(initialController(task));
    expect(before).toMatchObject({ constraints: [], witness: neutralWitness(task) });
    const oneSided = step(task, initialController(task), histogramOf(rowsOf([[30, 100]]), cells));
    expect(oneSided).toMatchObject({ gap: null, multiplier: 0, witness: neutralWitness(task) });
    expect(oneSided.state).toMatchObject({ multipliers: {}, rounds: 1 });
  });

  it("holds several groups each to the others, the small ones as one under the noise, and says when nothing is held", () => {
    const task = fairTask({ penalty: "demographic-parity", attribute: "h", groups: undefined, topShare: undefined });
    const sized = (x: number, y: number, z: number) =>
      histogramOf(
        [x, y, z].flatMap((size, i) =>
          Array.from({ length: size }, (_, k) => ({
            cell: 2 + i,
            label: k % 2,
            logit: k < size / (i + 2) ? 2.1 : -2.1,
          })),
        ),
        cells,
      );
    const names = (histogram: Float64Array, noise: number) =>
      stepController(task, initialController(task), { histogram, noise, groupLabelCounts: undefined }).constraints;
    const of = "demographic-parity of h";
    expect(names(sized(300, 200, 100), 0).map((c) => c.name)).toEqual([
      `${of}: x to y or z`,
      `${of}: y to x or z`,
      `${of}: z to x or y`,
    ]);
    // √(1/3) of 40 is left of the noise of a count in the running histogram, √32 of those in a group's size.
    const [noise, floor] = [40, 40 * Math.sqrt(32 / 3)];
    expect([300 > floor, 120 > floor, 60 + 80 > floor]).toEqual([true, false, true]);
    expect(names(sized(300, 60, 80), noise).map((c) => c.name)).toEqual([`${of}: x to y or z`]);
    expect(names(sized(300, 10, 10), noise)).toEqual([
      { name: `${of}: too few rows to hold it`, gap: null, multiplier: 0, saturated: true },
    ]);
  });

  it("refuses a histogram that is not finite: nothing after it could be trusted", () => {
    const task = fairTask();
    expect(() =>
      step(
        task,
        initialController(task),
        unequal.map(() => Number.NaN),
      ),
    ).toThrow("finite");
  });

  it("remembers an average in rows of one round, from the first round on", () => {
    const task = fairTask();
    let { state } = step(task, initialController(task), unequal);
    expect(runningHistogram(state, gains)).toEqual([...unequal]);
    ({ state } = step(
      task,
      state,
      unequal.map((x) => 4 * x),
    ));
    const weight = (1 - gains.memory) / (1 - gains.memory ** 2);
    expect(runningHistogram(state, gains)[histogramIndex(0, 0, 12)]).toBeCloseTo(
      unequal[histogramIndex(0, 0, 12)]! * (1 - weight + 4 * weight),
      10,
    );
    expect(scoreBins.count).toBe(16);
  });

  it("selects above a probability or the best share", () => {
    expect(thresholdOf(fairTask({ topShare: undefined, threshold: 0.8 }), [...unequal])).toBeCloseTo(Math.log(4), 12);
    const half = thresholdOf(fairTask({ topShare: 0.5 }), [...unequal]);
    expect(half).toBeLessThan(-1.8);
  });
});

describe("in the loop, on a simulated federation with noise", () => {
  const tolerance = 0.03;
  const rate = 1.5;
  const task = fairTask({ tolerance, step: rate }, { objective: { fairness: 8 } });
  const noise = { histogram: 8, update: 8 };
  const rows = 6000;
  const mean = (values: number[]) => values.reduce((a, b) => a + b, 0) / values.length;

  // Of seeds 1 to 12 all do; the widest ends at .029.
  it.each([1, 2, 3])("brings the gap within the tolerance and keeps it there (seed %i)", (seed) => {
    const rounds = simulate(task, { seed, rows, noise });
    const gaps = rounds.slice(Math.floor((rounds.length * 2) / 3)).map((r) => r.exactGap);
    expect(Math.abs(mean(gaps))).toBeLessThan(tolerance);
    expect(Math.max(...gaps) - Math.min(...gaps)).toBeLessThan(2 * tolerance);
    expect(rounds.at(-1)!.constraints.some((c) => c.saturated)).toBe(false);
  });

  it("has a gap of more than .1 without the penalty", () => {
    const rounds = simulate(fairTask({ tolerance, penalty: "none" }), { seed: 1, rows, noise });
    expect(rounds.at(-1)!.exactGap).toBeGreaterThan(0.1);
  });

  it("leaves a fair model alone: noise of either sign does not push the multipliers up", () => {
    const rounds = simulate(fairTask({ tolerance, step: rate, groups: ["A", "B"], topShare: 0.99 }), {
      seed: 4,
      rows,
      noise,
    });
    const [multipliers] = Object.values(rounds.at(-1)!.state.multipliers);
    expect(Math.max(multipliers!.positive, multipliers!.negative)).toBeLessThan(0.05);
  });
});
