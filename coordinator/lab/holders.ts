/** Who holds which rows in a cell, and whether that makes the cohorts it asks for. */
import { portionKeyBytes, splitHeldBack } from "../../shared/data/portions.ts";
import { type TypedRows, takeRows } from "../../shared/data/rows.ts";
import { InputError } from "../../shared/errors.ts";
import type { CellSplit } from "../../shared/lab/axes.ts";
import type { Cell } from "../../shared/lab/grid.ts";
import type { RandomSource } from "../../shared/privacy/random.ts";
import type { Task } from "../../shared/task.ts";
import { type Participant, participantsOf, typed } from "../simulation/population.ts";
import { byColumn, dealt, dirichlet, oneGroupEach, type Split } from "../simulation/split.ts";
import { partsOf } from "../simulation/sub-cohorts.ts";
import type { Tabs } from "../simulation/tab-sums.ts";
import type { World } from "./world.ts";

export interface Holders {
  rows: TypedRows;
  participants: Participant[];
}

/** @throws InputError where the participants do not make the cell's cohort, or its parts */
export function holdersOf(
  world: Pick<World, "train">,
  cell: Cell,
  task: Task,
  random: RandomSource,
  tabs: Tabs | undefined,
): Holders {
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
  return { rows, participants };
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
