/** All cells of a grid, each kept as soon as it is done: who is killed goes on where it was. */
import { mkdir, open, readFile, rename } from "node:fs/promises";
import { join } from "node:path";
import { type Cell, cellsOfGrid } from "../../shared/lab/grid.ts";
import { type CellResult, keyOf, runCell } from "./cell.ts";
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
  onProgress: (line: string) => void;
}

/** @throws InputError before anything is run, where any cell makes no task */
export async function sweep(world: World, { folder, versions, onProgress }: SweepOptions): Promise<Done[]> {
  const cells = cellsOfGrid(world.grid);
  const { search } = world.grid;
  for (const cell of cells) {
    taskOf(world, cell);
    if (search) for (const sample of samplesOf(search)) taskOf(world, cell, changeOfCandidate(sample));
  }
  await mkdir(folder, { recursive: true });
  const done: Done[] = [];
  const began = Date.now();
  let ran = 0;
  for (const [i, cell] of cells.entries()) {
    const path = join(folder, `${await keyOf(world, cell, versions)}.json`);
    let result = await kept(path);
    if (!result) {
      result = await runCell(world, cell);
      await keep(path, result);
      ran++;
      const left = Math.round((((Date.now() - began) / ran) * (cells.length - i - 1)) / 1000);
      const { split, ...shown } = cell;
      onProgress(
        `${i + 1} of ${cells.length}, ${left} s left: ${JSON.stringify(shown)} accuracy ${result.accuracy.toFixed(4)}`,
      );
    }
    done.push({ cell, result });
  }
  onProgress(`${cells.length} cells, ${cells.length - ran} of them kept from before`);
  return done;
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
