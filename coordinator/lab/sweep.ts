/** All cells of a grid, each kept as soon as it is done: who is killed goes on where it was. */
import { mkdir, open, readFile, rename } from "node:fs/promises";
import { join } from "node:path";
import { InputError } from "../../shared/errors.ts";
import { type Cell, cellsOfGrid } from "../../shared/lab/grid.ts";
import { type By, type CellResult, keyOf, runCell } from "./cell.ts";
import { changeOfCandidate, samplesOf } from "./search.ts";
import { taskOf } from "./task-of.ts";
import type { World } from "./world.ts";

export interface Done {
  cell: Cell;
  result: CellResult;
}

export interface SweepOptions {
  /** Folder of the kept cells */
  folder: string;
  /** All that results may follow from beside the grid and the task, by name */
  versions: Record<string, string>;
  by?: By | undefined;
  onProgress: (line: string) => void;
  /** @param left seconds, as the cells so far went */
  onDone?: (done: Done, left: number) => void;
}

/** @throws InputError before anything is run, where any cell makes no task */
export async function sweep(world: World, { folder, versions, by, onProgress, onDone }: SweepOptions): Promise<Done[]> {
  const cells = checkedCells(world);
  await mkdir(folder, { recursive: true });
  const done: Done[] = [];
  const began = Date.now();
  let ran = 0;
  let left = 0;
  for (const [i, cell] of cells.entries()) {
    const path = join(folder, `${await keyOf(world, cell, versions)}.json`);
    let result = await kept(path);
    if (!result) {
      result = await runCell(world, cell, by);
      await keep(path, result);
      ran++;
      left = Math.round((((Date.now() - began) / ran) * (cells.length - i - 1)) / 1000);
      const { split, ...shown } = cell;
      onProgress(
        `${i + 1} of ${cells.length}, ${left} s left: ${JSON.stringify(shown)} accuracy ${result.accuracy.toFixed(4)}`,
      );
    }
    done.push({ cell, result });
    onDone?.({ cell, result }, left);
  }
  onProgress(`${cells.length} cells, ${cells.length - ran} of them kept from before`);
  return done;
}

/**
 * Runs a cell again whatever is kept of it, and keeps the result where there was none.
 * @param number counted from 1, as in progress and report
 * @throws InputError where there is no such cell
 */
export async function rerun(
  world: World,
  number: number,
  { folder, versions, by }: Pick<SweepOptions, "folder" | "versions" | "by">,
): Promise<Done & { before: "same" | "other" | "none" }> {
  const cells = checkedCells(world);
  const cell = cells[number - 1];
  if (!cell) throw new InputError("--cell", `is ${number} of ${cells.length} cells`, "Use a number from 1 on.");
  await mkdir(folder, { recursive: true });
  const path = join(folder, `${await keyOf(world, cell, versions)}.json`);
  const result = await runCell(world, cell, by);
  const before = await kept(path);
  if (!before) await keep(path, result);
  const same = JSON.stringify(before) === JSON.stringify(result);
  return { cell, result, before: before ? (same ? "same" : "other") : "none" };
}

function checkedCells(world: World): Cell[] {
  const cells = cellsOfGrid(world.grid);
  const { search } = world.grid;
  for (const cell of cells) {
    taskOf(world, cell);
    if (search) for (const sample of samplesOf(search)) taskOf(world, cell, changeOfCandidate(sample));
  }
  return cells;
}

async function kept(path: string): Promise<CellResult | undefined> {
  const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOENT") throw error;
  });
  return text === undefined ? undefined : (JSON.parse(text) as CellResult);
}

/** A file that has its name is whole. */
async function keep(path: string, result: CellResult): Promise<void> {
  const draft = `${path}.${process.pid}.part`;
  const file = await open(draft, "w");
  await file.writeFile(JSON.stringify(result));
  await file.sync();
  await file.close();
  await rename(draft, path);
}
