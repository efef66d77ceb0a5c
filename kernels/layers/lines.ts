/** The constants and the grid of operations on every number of a tensor by itself. */
import type { Launch, MicroBatch } from "../dispatch.ts";
import type { Tensor } from "../layout.ts";
import { wholeFours } from "../tiles/tile.ts";
import type { Special } from "../wgsl/shader.ts";

/** A tensor's lines in a micro-batch; see wgsl/snippets/lines.wgsl. */
export const linesOf =
  ({ packed, rowsEach }: Pick<Tensor, "packed" | "rowsEach">) =>
  (rows: number, { lines }: Pick<MicroBatch, "lines">): number =>
    packed ? lines : rows * rowsEach;

/** Numbers of a thread; see wgsl/snippets/numbers.wgsl. */
export const sideOf = ({ rows }: Tensor): number => (rows.width % 4 === 0 ? 4 : 1);

/** A kernel whose threads have one number or four; its other distances, in numbers too, must be whole fours for that. */
export function numberwise(
  tensor: Tensor,
  flags: Record<string, boolean> = {},
  distances: Record<string, number> = {},
): Special {
  const { rows, rowsEach, packed } = tensor;
  const side = wholeFours(...Object.values(distances)) ? sideOf(tensor) : 1;
  const numbers = { WIDTH: rows.width, STRIDE: rows.stride, ...distances };
  return {
    constants: {
      LINES: rowsEach,
      ...Object.fromEntries(Object.entries(numbers).map(([name, number]) => [name, number / side])),
    },
    scope: { counts: {}, flags: { ...flags, packed, fours: side === 4 } },
  };
}

export const threadsOf =
  (tensor: Tensor): Launch["threads"] =>
  (rows, facts) =>
    (linesOf(tensor)(rows, facts) * tensor.rows.width) / sideOf(tensor);
