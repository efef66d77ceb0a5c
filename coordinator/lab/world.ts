import type { Grid } from "../../shared/lab/grid.ts";
import type { Change } from "../simulation/change.ts";

/** All that cells are made of. */
export interface World {
  grid: Grid;
  /** The task file's content */
  base: Change;
  train: Record<string, string>[];
  test: Record<string, string>[];
}
