/** One cell of a grid: a whole simulated run, and what its model does on test rows that nobody trained on. */
import { canonicalBytes, sha256, toHex } from "../../shared/canonical.ts";
import { portionKeyBytes, splitHeldBack } from "../../shared/data/portions.ts";
import { type TypedRows, takeRows } from "../../shared/data/rows.ts";
import { InputError } from "../../shared/errors.ts";
import { type Cell, type CellSplit, changeOf, type Grid } from "../../shared/lab/grid.ts";
import { seededRandom } from "../../shared/privacy/testing/seeded.ts";
import { asTask, type Task } from "../../shared/task.ts";
import { type Change, merge, withoutGates } from "../simulation/change.ts";
import type { Tabs } from "../simulation/engine-sums.ts";
import { Federation } from "../simulation/federation.ts";
import { measure } from "../simulation/measure.ts";
import { encode, type Participant, participantsOf, typed } from "../simulation/population.ts";
import { byColumn, dealt, dirichlet, oneGroupEach, type Split } from "../simulation/split.ts";
import { partsOf } from "../simulation/sub-cohorts.ts";

export interface World {
  grid: Grid;
  /** The task file's content */
  base: Change;
  train: Record<string, string>[];
  test: Record<string, string>[];
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
}

/** @throws InputError where the cell makes no task, or one that the simulation would not play as it is */
export function taskOf({ grid, base }: Pick<World, "grid" | "base">, cell: Cell): Task {
  const task = asTask(withoutGates(merge(merge(base, grid.change), changeOf(cell))));
  const { training, privacy } = task;
  const refuse = (field: string, problem: string, fix: string) => {
    throw new InputError(field, `${problem}, which the lab does not simulate`, fix);
  };
  if (privacy.sampleRate !== 1) refuse("change.privacy.sampleRate", `is ${privacy.sampleRate}`, "Set it to 1.");
  if (training.localOptimizer !== "sgd") refuse("change.training.localOptimizer", "is adam", "Set it to sgd.");
  if (training.localMomentum !== 0) refuse("change.training.localMomentum", "is not 0", "Set it to 0.");
  if (cell.mechanism !== "banded" && cell.bands !== undefined)
    throw new InputError(
      "bands",
      `are of banded noise, not of ${cell.mechanism}`,
      "Leave them out, or split the grid.",
    );
  if (cell.mechanism === "banded" && partsOf(cell.aggregation) > 1)
    throw new InputError(
      "aggregation",
      "is of sub-cohorts that are drawn anew each time, and banded noise wants a schedule",
      "Use `mean`, or another mechanism.",
    );
  if (privacy.unit === "record" && cell.local !== undefined && cell.local.kind !== "sgd")
    throw new InputError(
      "local",
      `${cell.local.kind} is about local steps, and at record level a round is one step for all`,
      "Set `unit: [participant]`, or leave it out.",
    );
  if (privacy.unit === "record" && (cell.stragglers ?? 0) > 0)
    throw new InputError(
      "stragglers",
      "do a part of their local steps, and at record level there is one step for all",
      "Use `dropouts` for who is late, or set `unit: [participant]`.",
    );
  if (privacy.unit === "record" && cell.server?.kind === "qfedavg")
    throw new InputError(
      "server",
      "qfedavg weighs each participant by its loss, which no bound on one row covers",
      "Set `unit: [participant]`, or use `fairness: {weights: q-fair}` under `change`, which weighs groups.",
    );
  if (cell.mechanism === "distributed" && (cell.dropouts ?? 0) > task.cohort.dropoutTolerance)
    refuse(
      "dropouts",
      `has ${cell.dropouts} where the task tolerates ${task.cohort.dropoutTolerance}: such a round ends with nothing revealed`,
      "Raise `change.cohort.dropoutTolerance`, which makes each share of noise larger, or lower it.",
    );
  return task;
}

/**
 * @param tabs simulated one by one: each participant's held-back rows and noise follow from its own generator, as in its
 * tab, and an engine computes
 */
export async function runCell(world: World, cell: Cell, tabs?: Tabs): Promise<CellResult> {
  const task = taskOf(world, cell);
  const random = seededRandom(cell.seed);
  const names = splitOf(cell.split, world.train)(world.train, random);
  const numbers = new Map<string, number>();
  for (const name of names) if (!numbers.has(name)) numbers.set(name, numbers.size);
  const parts = names.map((name) => numbers.get(name)!);
  const rows = typed(world.train, task);
  const participants = tabs ? asInTabs(parts, rows, task, tabs) : participantsOf(parts, task.data.heldBack, random);
  const { minimum = 3, maximum } = task.cohort;
  const asked = cell.cohort ?? participants.length;
  if (asked > participants.length)
    throw new InputError("cohort", `is ${asked} of ${participants.length} participants`, "Ask no more than there are.");
  if (asked < minimum || asked > maximum)
    throw new InputError(
      cell.cohort === undefined ? "split" : "cohort",
      `makes a cohort of ${asked}, and the task's is ${minimum} to ${maximum}`,
      "Change cohort.minimum and cohort.maximum under `change`, or the grid.",
    );
  const turns = Math.floor(participants.length / asked);
  if (cell.mechanism === "banded" && (turns < 2 || (cell.bands ?? turns) > turns))
    throw new InputError(
      cell.bands === undefined ? "mechanism" : "bands",
      `need groups that take turns, at least two and as many as bands, and ${asked} of ${participants.length} make ${turns}`,
      "Ask fewer by `cohort`, or lower `bands`.",
    );
  const subCohorts = partsOf(cell.aggregation);
  if (asked % subCohorts !== 0 || asked / subCohorts < minimum)
    throw new InputError(
      "aggregation",
      `makes ${subCohorts} parts of a cohort of ${asked}, and each has to have as many members, ${minimum} or more`,
      "Change `parts`, the cohort, or cohort.minimum under `change`.",
    );
  const { parameters, normalisation } = await new Federation({
    task,
    rows,
    participants,
    cohort: cell.cohort,
    dropouts: cell.dropouts,
    stragglers: cell.stragglers,
    poisoned: cell.poisoned,
    aggregation: cell.aggregation,
    random,
    seed: cell.seed,
    isPrivate: cell.epsilon !== "inf",
    mechanism: cell.mechanism,
    bands: cell.bands,
    tabs,
    server: cell.server,
    local: cell.local,
    penaltyOn: "everyone",
  }).run();
  const judged = encode(typed(world.test, task), task, normalisation);
  const everyRow = Uint32Array.from({ length: judged.rows.count }, (_, i) => i);
  const { accuracy, auc, byAttribute } = measure(task, judged, everyRow, parameters);
  const own = task.fairness.attribute === undefined ? undefined : byAttribute[task.fairness.attribute];
  return {
    participants: participants.length,
    rows: rows.count,
    accuracy,
    auc,
    demographicParityDifference: own?.demographicParityDifference ?? null,
    equalizedOddsDifference: own?.equalizedOddsDifference ?? null,
    worstGroupAccuracy: own?.worstGroupAccuracy ?? null,
    model: toHex(await sha256(new Uint8Array(parameters.buffer))),
  };
}

/** As client/worker takes a tab's rows apart: the first that is drawn from its generator is the key of its portions. */
function asInTabs(parts: readonly number[], rows: TypedRows, task: Task, { randoms }: Tabs): Participant[] {
  const members = new Map<number, number[]>();
  parts.forEach((part, row) => {
    const known = members.get(part);
    if (known) known.push(row);
    else members.set(part, [row]);
  });
  return [...members.values()].map((own, number) => {
    const all = Uint32Array.from(own);
    const key = randoms[number]!.bytes(portionKeyBytes);
    const { train, heldBack } = splitHeldBack(takeRows(rows, all), task.data.heldBack, key);
    return { train: train.map((i) => all[i]!), heldBack: heldBack.map((i) => all[i]!) };
  });
}

/** What a kept result is known by: whatever could change it. */
export async function keyOf(world: World, cell: Cell, versions: Record<string, string>): Promise<string> {
  const body = { task: taskOf(world, cell), cell, versions };
  return toHex(await sha256(canonicalBytes(JSON.parse(JSON.stringify(body)))));
}

function splitOf(split: CellSplit, records: readonly Record<string, string>[]): Split {
  if ("column" in split && records[0]?.[split.column] === undefined)
    throw new InputError(
      "split.column",
      `«${split.column}» is not in the data`,
      `Use one of ${Object.keys(records[0] ?? {}).join(", ")}.`,
    );
  switch (split.kind) {
    case "iid":
      return shuffled(dealt(split.participants));
    case "dirichlet":
      return dirichlet(split.column, split.participants, split.alpha);
    case "column":
      return byColumn(split.column);
    case "one-group":
      return oneGroupEach(split.column, { count: split.participants });
  }
}

/** Dealt in an order of the seed's own. */
const shuffled =
  (split: Split): Split =>
  (records, random) => {
    const names = split(records, random);
    for (let i = names.length - 1; i > 0; i--) {
      const j = random.below(i + 1);
      [names[i], names[j]] = [names[j]!, names[i]!];
    }
    return names;
  };
