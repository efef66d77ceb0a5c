/** What the tests of this folder share: a task with two sensitive attributes, repeatable randomness, histograms of rows. */
import type { Task } from "../../task.ts";
import { asTask } from "../../task-rules.ts";
import { binCentre, binOf, histogramIndex, scoreBins } from "../histogram.ts";
import type { Sides } from "../witness.ts";

/** Cells 0 and 1 are the groups A and B of g, cells 2 to 4 the groups of a second attribute. */
export function fairTask(fairness: object = {}, rest: object = {}): Task {
  const group = (name: string) => ({ name, values: [name] });
  return asTask({
    name: "fairness",
    purpose: "a task for the tests of fairness",
    data: {
      label: { column: "y", positive: "1", negative: "0" },
      features: [0, 1, 2, 3, 4, 5].map((i) => ({ name: `f${i}`, kind: "numeric", min: -5, max: 5 })),
      sensitive: [
        { name: "g", column: "g", groups: [group("A"), group("B")] },
        { name: "h", column: "h", groups: [group("x"), group("y"), group("z")] },
      ],
    },
    model: {},
    privacy: { unit: "record", epsilon: 2, delta: 1e-5 },
    training: { rounds: 60, learningRate: 1 },
    fairness: { penalty: "demographic-parity", attribute: "g", groups: ["A", "B"], topShare: 0.12, ...fairness },
    ...rest,
  });
}

/** mulberry32 and, from it, standard normals (Box & Muller 1958). */
export function seeded(seed: number): { uniform: () => number; normal: () => number } {
  let state = seed >>> 0;
  const uniform = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  const normal = () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
  return { uniform, normal };
}

export interface ScoredRow {
  cell: number;
  label: number;
  logit: number;
}

export function histogramOf(rows: readonly ScoredRow[], cells: number): Float64Array {
  const h = new Float64Array(cells * 2 * scoreBins.count);
  for (const { cell, label, logit } of rows) h[histogramIndex(cell, label, binOf(logit))]! += 1;
  return h;
}

/** A row known by its bin. */
export interface BinnedRow {
  label: 0 | 1;
  bin: number;
}

/** Two sides of rows at bin centres, without a floor. */
export function sidesFrom(a: readonly BinnedRow[], b: readonly BinnedRow[]): Sides {
  const sideOf = (rows: readonly BinnedRow[]) => {
    const h = histogramOf(
      rows.map(({ label, bin }) => ({ cell: 0, label, logit: binCentre(bin) })),
      1,
    );
    return { counts: [h.slice(0, scoreBins.count), h.slice(scoreBins.count)] as const, floor: 0 };
  };
  return { a: sideOf(a), b: sideOf(b) };
}
