/** A cell by an engine comes to what float64 on the processor comes to, as far as f32 goes, and to the same bits each time. */
import { expect, test } from "vitest";
import { runCell } from "../coordinator/lab/cell.ts";
import { taskOf } from "../coordinator/lab/task-of.ts";
import type { Adapter } from "../coordinator/simulation/engine.ts";
import { Federation } from "../coordinator/simulation/federation.ts";
import { type Participant, typed } from "../coordinator/simulation/population.ts";
import { Engine } from "../kernels/engine.ts";
import { dawnDevice } from "../kernels/testing/dawn.ts";
import { cellsOf, cellsPerRow } from "../shared/fairness/histogram.ts";
import { asGrid, cellsOfGrid, type Grid } from "../shared/lab/grid.ts";
import { architectureOf } from "../shared/model.ts";
import { seededRandom } from "../shared/privacy/testing/seeded.ts";
import { twoGroups, twoGroupsData } from "./two-groups.ts";

const device = await dawnDevice();
const adapter: Adapter = {
  description: "a test's",
  open: (architecture, tables) => Engine.create(device!, architecture, tables),
};

const draw = seededRandom(8);
const uniform = () => draw.uniform53() / 2 ** 53;
const people = 40;
const records = twoGroups(30 * people, uniform);
const base = {
  name: "on-an-adapter",
  purpose: "a small task that the lab computes twice",
  data: twoGroupsData,
  model: {},
  privacy: { unit: "participant", epsilon: 8, delta: 1e-5, clipNorm: 0.5 },
  cohort: { minimum: 3, maximum: people, dropoutTolerance: 0, colludingShare: 0 },
  training: { rounds: 6, learningRate: 1, localEpochs: 2, localBatch: 8, localLearningRate: 0.3 },
  fairness: { attribute: "group" },
};
const plain = {
  name: "small",
  task: "-",
  data: "-",
  split: [{ kind: "dirichlet", column: "y", participants: people, alpha: 1 }],
  model: [{ hidden: [6] }],
  penalty: ["demographic-parity"],
  epsilon: ["inf"],
  seeds: [5],
};
const record = { unit: ["record"], change: { privacy: { clipNorm: 1 }, training: { learningRate: 1 } } };
const cases: Record<string, object> = {
  "FedAvg, a part of all": { cohort: [20], dropouts: [0], stragglers: [0.5] },
  FedProx: { local: [{ kind: "fedprox", mu: 0.5 }] },
  SCAFFOLD: { local: [{ kind: "scaffold" }] },
  "q-FedAvg": { server: [{ kind: "qfedavg", q: 1 }] },
  "local Adam": { change: { training: { localOptimizer: "adam", localLearningRate: 0.02 } } },
  "local momentum": { change: { training: { localMomentum: 0.5 } } },
  "adaptive clipping": { clipping: ["adaptive"] },
  "attackers who clip": { poisoned: [{ kind: "sign-flip", share: 0.2, factor: 3 }] },
  records: record,
  "records, attackers who clip": { ...record, poisoned: [{ kind: "sign-flip", share: 0.2, factor: 3 }] },
  "records, attackers who do not": { ...record, poisoned: [{ kind: "scale", share: 0.1, factor: 3, clipped: false }] },
};
const gridOf = (change: object): Grid => asGrid({ ...plain, ...change });
/** Dealt without chance; all that a cell draws comes behind it. */
const participants: Participant[] = Array.from({ length: people }, (_, p) => {
  const own = records.map((_, i) => i).filter((i) => i % people === p);
  return { train: Uint32Array.from(own.slice(3 + (p % 7))), heldBack: Uint32Array.from(own.slice(0, 3)) };
});

test.skipIf(!device).each(Object.keys(cases))("computes as float64 does: %s", async (name) => {
  const grid = gridOf(cases[name]!);
  const cell = cellsOfGrid(grid)[0]!;
  const task = taskOf({ grid, base }, cell);
  const tables = { cells: cellsOf(task).length, attributes: cellsPerRow(task) };
  const by = async (engine: Engine | undefined) => {
    const { cohort, stragglers, poisoned, server, local } = cell;
    const setting = {
      ...{ cohort, stragglers, poisoned, server, local },
      isPrivate: false,
      penaltyOn: "everyone",
    } as const;
    const random = seededRandom(3);
    return new Federation({
      ...setting,
      ...{ task, rows: typed(records, task), participants, random, engine, seed: 1 },
    }).run();
  };
  const engine = await Engine.create(device!, architectureOf(task), tables);
  const [expected, found] = [await by(undefined), await by(engine)];
  engine.dispose();
  const start = (await by(undefined)).path[0]!.parameters;
  const largest = (of: (i: number) => number) =>
    Math.max(...Array.from(expected.parameters, (_, i) => Math.abs(of(i))));
  // It learns, and both learn the same.
  expect(largest((i) => expected.parameters[i]! - start[i]!)).toBeGreaterThan(0.05);
  expect(largest((i) => expected.parameters[i]! - found.parameters[i]!)).toBeLessThan(2e-3);
  expect(found.evaluation.accuracy).toBeCloseTo(expected.evaluation.accuracy, 1);
});

test.skipIf(!device)(
  "a cell is the same again, bit for bit; without noise, which rounds, it is another one than float64's",
  async () => {
    const grid = gridOf({ epsilon: [8, "inf"] });
    const world = { grid, base, train: records, test: records };
    for (const cell of cellsOfGrid(grid)) {
      const once = await runCell(world, cell, { adapter });
      expect(await runCell(world, cell, { adapter })).toEqual(once);
      if (cell.epsilon === "inf") expect((await runCell(world, cell)).model).not.toBe(once.model);
    }
  },
);
