/** One cell of a grid: a whole simulated run, and what its model does on test rows that nobody trained on. */
import { canonicalBytes, sha256, toHex } from "../../shared/canonical.ts";
import { cellsOf, cellsPerRow } from "../../shared/fairness/histogram.ts";
import type { Cell } from "../../shared/lab/grid.ts";
import { architectureOf } from "../../shared/model.ts";
import type { RandomSource } from "../../shared/privacy/random.ts";
import { seededRandom } from "../../shared/privacy/testing/seeded.ts";
import type { Task } from "../../shared/task.ts";
import type { Adapter, RowEngine } from "../simulation/engine.ts";
import { Federation, type Outcome } from "../simulation/federation.ts";
import { measure } from "../simulation/measure.ts";
import { type Encoded, encode, typed } from "../simulation/population.ts";
import type { Tabs } from "../simulation/tab-sums.ts";
import { type Holders, holdersOf } from "./holders.ts";
import { type Candidate, changeOfCandidate, searched } from "./search.ts";
import { taskOf } from "./task-of.ts";
import type { World } from "./world.ts";

export interface GroupResult {
  rows: number;
  selectionRate: number | null;
  accuracy: number | null;
  auc: number | null;
}

export interface CellResult {
  participants: number;
  /** Records of the training file that some participant holds */
  rows: number;
  /** Of test rows, at probability ½ */
  accuracy: number;
  auc: number;
  /** Of the task's first attribute under `fairness`, at its threshold; null where there is none or it does not exist */
  demographicParityDifference: number | null;
  equalizedOddsDifference: number | null;
  worstGroupAccuracy: number | null;
  /** SHA-256 of the model's parameters as f32, hex */
  model: string;
  /** Of each sensitive attribute, and each of its groups, on test rows */
  groups: Record<string, Record<string, GroupResult>>;
  /** Accuracy on the way */
  path: { round: number; accuracy: number }[];
  /** Of a search: what it chose, how many runs it began, and ε of all of it; null without noise */
  chosen?: Candidate;
  trials?: number;
  searchEpsilon?: number | null;
}

/** By whom a cell is computed: float64 on the processor, where nothing else is said. */
export interface By {
  /** For whole cohorts at once */
  adapter?: Adapter | undefined;
  /**
   * Simulated one by one: each participant's held-back rows and noise follow from its own generator, as in its tab, and
   * an engine computes
   */
  tabs?: Tabs | undefined;
}

export async function runCell(world: World, cell: Cell, { adapter, tabs }: By = {}): Promise<CellResult> {
  const task = taskOf(world, cell);
  if (!adapter) return computed(world, cell, task, { tabs });
  const tables = { cells: cellsOf(task).length, attributes: cellsPerRow(task) };
  const engine = await adapter.open(architectureOf(task), tables);
  try {
    return await computed(world, cell, task, { engine });
  } finally {
    engine.dispose();
  }
}

interface Computing {
  engine?: RowEngine | undefined;
  tabs?: Tabs | undefined;
}

async function computed(world: World, cell: Cell, task: Task, by: Computing): Promise<CellResult> {
  const random = seededRandom(cell.seed);
  const holders = holdersOf(world, cell, task, random, by.tabs);
  const { search } = world.grid;
  if (!search) {
    const outcome = await federationOf(cell, task, holders, { random, seed: cell.seed, ...by }).run();
    return judge(world, task, holders, outcome);
  }
  const found = await searched(search, task, random, (candidate, seed, until) => {
    const changed = taskOf(world, cell, changeOfCandidate(candidate));
    return federationOf(cell, changed, holders, { random: seededRandom(seed), seed, ...by }).run({ until });
  });
  const result = await judge(world, taskOf(world, cell, changeOfCandidate(found.chosen)), holders, found.outcome);
  const searchEpsilon = cell.epsilon === "inf" ? null : found.epsilon;
  return { ...result, chosen: found.chosen, trials: found.trials, searchEpsilon };
}

function federationOf(
  cell: Cell,
  task: Task,
  { rows, participants }: Holders,
  chance: { random: RandomSource; seed: number } & Computing,
): Federation {
  const { cohort, dropouts, stragglers, poisoned, aggregation, mechanism, bands, server, local, epsilon } = cell;
  return new Federation({
    ...{ task, rows, participants, ...chance },
    ...{ cohort, dropouts, stragglers, poisoned, aggregation, mechanism, bands, server, local },
    isPrivate: epsilon !== "inf",
    penaltyOn: "everyone",
  });
}

/** On test rows that nobody trained on. */
async function judge(
  world: World,
  task: Task,
  { rows, participants }: Holders,
  { parameters, normalisation, path }: Outcome,
): Promise<CellResult> {
  const judged = encode(typed(world.test, task), task, normalisation);
  const everyRow = Uint32Array.from({ length: judged.rows.count }, (_, i) => i);
  const { accuracy, auc, byAttribute } = measure(task, judged, everyRow, parameters);
  const own = task.fairness.attribute === undefined ? undefined : byAttribute[task.fairness.attribute];
  // Every group, not only those that the penalty compares.
  const whole = { ...task, fairness: { ...task.fairness, groups: undefined } };
  const all = task.fairness.groups ? measure(whole, judged, everyRow, parameters).byAttribute : byAttribute;
  return {
    participants: participants.length,
    rows: rows.count,
    accuracy,
    auc,
    demographicParityDifference: own?.demographicParityDifference ?? null,
    equalizedOddsDifference: own?.equalizedOddsDifference ?? null,
    worstGroupAccuracy: own?.worstGroupAccuracy ?? null,
    model: toHex(await sha256(new Uint8Array(parameters.buffer))),
    groups: Object.fromEntries(
      Object.entries(all).map(([attribute, { byGroup }]) => [
        attribute,
        Object.fromEntries(
          Object.entries(byGroup).map(([group, { count, selectionRate, accuracy, auc }]) => [
            group,
            { rows: count, selectionRate, accuracy, auc },
          ]),
        ),
      ]),
    ),
    path: path.map(({ round, parameters }) => ({ round, accuracy: accuracyOf(judged, parameters) })),
  };
}

/** Of all rows, at probability ½. */
function accuracyOf({ rows, network }: Encoded, parameters: Float32Array): number {
  let right = 0;
  const own = new Float64Array(parameters);
  for (let row = 0; row < rows.count; row++) {
    const selected = network.logit(own, row) >= 0;
    if (selected === (rows.labels[row] === 1)) right++;
  }
  return right / rows.count;
}

/** What a kept result is known by: whatever could change it. */
export async function keyOf(world: World, cell: Cell, versions: Record<string, string>): Promise<string> {
  const body = { task: taskOf(world, cell), cell, search: world.grid.search, versions };
  return toHex(await sha256(canonicalBytes(JSON.parse(JSON.stringify(body)))));
}
