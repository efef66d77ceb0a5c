/** The tile of a matrix that four threads compute in their registers; see wgsl/snippets/tile.wgsl. */
import type { Special } from "../wgsl/shader.ts";
import { hasQuads } from "./quads.ts";

export interface Tile {
  /** A multiple of 4, or 1 */
  rows: number;
  /** Of one thread; the tile is four times as wide */
  columns: number;
  /** Whether the threads of a quad hand values round */
  quads: boolean;
  /** Threads a group, a multiple of 4 */
  group: number;
}

/** Sides of a matrix from which on the largest tiles pay. */
const large = 128;

/** Most rows of any tile: buffers hold whole tiles. */
const largestRows = 16;

export const wholeTiles = (rows: number): number => Math.ceil(rows / largestRows) * largestRows;

/** Quads for a matrix of `height` by `width`. */
export const quadsFor = ({ rows, columns }: Tile, height: number, width: number): number =>
  Math.ceil(height / rows) * Math.ceil(width / (4 * columns));

/** Whether a thread's columns come four side by side, and can be loaded and stored at once. */
const fours = (columns: number): boolean => columns % 4 === 0;

/** Whether a matrix's rows can be read or written four numbers at a time, of what a thread has in this tile. */
export const inFours = ({ columns }: Tile, ...numbers: number[]): boolean => fours(columns) && wholeFours(...numbers);

/** Whether all of a matrix's distances and places are whole fours. */
export const wholeFours = (...numbers: number[]): boolean => numbers.every((number) => number % 4 === 0);

/** The kernel of this tile. */
export const tiled = (
  { rows, columns, quads, group }: Tile,
  constants: Record<string, number>,
  flags: Record<string, boolean> = {},
): Special => ({
  constants: { ...constants, GROUP: group, TILE_ROWS: rows, TILE_COLUMNS: columns },
  scope: {
    counts: {
      ...(fours(columns) ? { block: columns / 4, part: 4 } : { block: columns, part: 1 }),
      ...{ step: 4, quad: Math.ceil(rows / 4), four: Math.min(rows, 4) },
    },
    flags: { ...flags, quads, fours: fours(columns) },
  },
});

/**
 * The device's tile for a matrix. On a processor a load costs as much as twenty multiply-adds, so tiles are as large as
 * their registers may spill, and a group is one quad, so that small matrices keep all cores busy. A graphics card wants
 * many threads with few registers. A kernel takes the longer to compile the larger its tile is (on a processor some
 * 0.3 s with 16 × 16, twice that with 16 × 32), which only large matrices pay back.
 */
export type TileFor = (height: number, width: number) => Tile;

export async function tilesOf(device: GPUDevice): Promise<TileFor> {
  const quads = await hasQuads(device);
  // Browsers of before 2025 do not say; a tile of either kind is right everywhere, only slower.
  const { isFallbackAdapter: software = false } = (device as Partial<Pick<GPUDevice, "adapterInfo">>).adapterInfo ?? {};
  return (height, width) => {
    const largest = !software
      ? { rows: 4, columns: 2, group: 64 }
      : { rows: largestRows, columns: Math.min(height, width) < large ? 4 : 8, group: 4 };
    const rows = height < 4 ? 1 : Math.min(largest.rows, 4 * Math.ceil(height / 4));
    const columns = [1, 2, 4].find((count) => 4 * count >= width) ?? largest.columns;
    return { rows, columns: Math.min(columns, largest.columns), quads: quads && rows > 1, group: largest.group };
  };
}
