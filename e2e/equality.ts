/** A small run that real tabs play and that the lab plays again: what both are given, and the lab's way through it. */
import { runCell } from "../coordinator/lab/cell.ts";
import { taskOf } from "../coordinator/lab/task-of.ts";
import { Engine } from "../kernels/engine.ts";
import { cellsOf, cellsPerRow } from "../shared/fairness/histogram.ts";
import { asGrid, cellsOfGrid } from "../shared/lab/grid.ts";
import { architectureOf } from "../shared/model.ts";
import type { RandomSource } from "../shared/privacy/random.ts";
import { seededRandom } from "../shared/privacy/testing/seeded.ts";
import { twoGroups, twoGroupsData } from "./two-groups.ts";

export const tabs = 12;
const draw = seededRandom(8);
const uniform = () => draw.uniform53() / 2 ** 53;
const records = twoGroups(60 * tabs, uniform).map((person, i) => ({ branch: `${i % tabs}`, ...person }));
const base = {
  name: "equality",
  purpose: "a small task that is run by tabs and by the lab",
  data: twoGroupsData,
  model: {},
  privacy: { unit: "record", epsilon: 4, delta: 1e-5, clipNorm: 2 },
  // All twelve or nobody: who answers decides whose noise is in a sum.
  cohort: { minimum: tabs, maximum: tabs, dropoutTolerance: 0.1, colludingShare: 0.1 },
  training: { rounds: 4, learningRate: 1, momentum: 0.5 },
  fairness: { attribute: "group" },
};
/** What of a task differs between the runs that are compared. */
export interface Difference {
  epsilon: number;
  privacy?: object;
  training?: object;
}

export function caseOf({ epsilon, ...change }: Difference) {
  const grid = asGrid({
    name: "equality",
    task: "-",
    data: "-",
    change,
    split: [{ kind: "column", column: "branch" }],
    model: [{ hidden: [6] }],
    penalty: ["demographic-parity"],
    epsilon: [epsilon],
    seeds: [5],
  });
  const world = { grid, base, train: records, test: records };
  const cell = cellsOfGrid(grid)[0]!;
  return { world, cell, task: taskOf(world, cell) };
}
export type Case = ReturnType<typeof caseOf>;

/** Hashes: at participant level every vector is rotated by them. */
export type Announcements = Uint8Array<ArrayBuffer>[];

/** A tab's rows as the file its owner chooses. */
export function csvOf(tab: number): string {
  const columns = Object.keys(records[0]!) as (keyof (typeof records)[number])[];
  const own = records.filter(({ branch }) => branch === `${tab}`);
  return [columns.join(","), ...own.map((record) => columns.map((c) => record[c]).join(","))].join("\n");
}

/** @param generators a tab's own each @returns the model's hash */
export async function byTheLab(
  device: GPUDevice,
  { world, cell, task }: Case,
  generators: readonly RandomSource[],
  options: { announcements: Announcements; masked: boolean },
): Promise<string> {
  const sizes = { cells: cellsOf(task).length, attributes: cellsPerRow(task) };
  const engine = await Engine.create(device, architectureOf(task), sizes);
  const { model } = await runCell(world, cell, { tabs: { engine, randoms: generators, ...options } });
  engine.dispose();
  return model;
}
