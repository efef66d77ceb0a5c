/** All that cells are made of. */
import { cellOf, isMissing, neededColumns } from "../../shared/data/rows.ts";
import { cellsOfGrid, type Grid } from "../../shared/lab/grid.ts";
import type { Change } from "../simulation/change.ts";
import { taskOf } from "./task-of.ts";

type Records = Record<string, string>[];

export interface World {
  grid: Grid;
  /** The task file's content */
  base: Change;
  train: Records;
  test: Records;
}

/** With the records that the grid asks for. */
export function worldOf(world: World): World {
  if (!world.grid.complete) return world;
  // What a task reads is the same in all cells.
  const columns = neededColumns(taskOf(world, cellsOfGrid(world.grid)[0]!));
  const complete = (records: Records) =>
    records.filter((record) => columns.every((column) => !isMissing(cellOf(record, column))));
  return { ...world, train: complete(world.train), test: complete(world.test) };
}
