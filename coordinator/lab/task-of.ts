/** The task of a cell, and every reason for which the lab does not play one. */
import { InputError } from "../../shared/errors.ts";
import { type Cell, changeOf, type Grid } from "../../shared/lab/grid.ts";
import { classesOf, type Task } from "../../shared/task.ts";
import { asTask } from "../../shared/task-rules.ts";
import { type Change, merge, withoutGates } from "../simulation/change.ts";
import { partsOf } from "../simulation/sub-cohorts.ts";

/**
 * @param chosen by a search
 * @throws InputError where the cell makes no task, or one that the simulation would not play as it is
 */
export function taskOf({ grid, base }: { grid: Grid; base: Change }, cell: Cell, chosen: Change = {}): Task {
  const task = asTask(withoutGates(merge(merge(merge(base, grid.change), changeOf(cell)), chosen)));
  const { training, privacy } = task;
  const refuse = (field: string, problem: string, fix: string) => {
    throw new InputError(field, `${problem}, which the lab does not simulate`, fix);
  };
  if (task.data.text) refuse("task", "reads texts", "Use a task whose features are columns.");
  if (task.data.images) refuse("task", "reads images", "Use a task whose features are columns.");
  if (task.data.items) refuse("task", "recommends items", "Use a task whose features are columns.");
  if (classesOf(task)) refuse("task", "has more than two outcomes", "Use a task of two.");
  if (cell.local?.kind === "scaffold" && (training.localOptimizer !== "sgd" || training.localMomentum !== 0))
    refuse(
      "change.training",
      "has a local adam or momentum beside scaffold, whose control variates are of plain steps",
      "Set localOptimizer to sgd and localMomentum to 0, or leave scaffold out.",
    );
  if (cell.mechanism !== "banded" && cell.bands !== undefined)
    throw new InputError(
      "bands",
      `are of banded noise, not of ${cell.mechanism}`,
      "Leave them out, or split the grid.",
    );
  if (cell.mechanism === "banded" && grid.search?.kind === "halving")
    throw new InputError(
      "search",
      "is halving, whose cost adds up round by round, and under banded noise all rounds are one answer",
      "Use `kind: random`, or another mechanism.",
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
