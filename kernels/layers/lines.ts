/** The constants and the grid of operations on every number of a tensor by itself. */
import type { Tensor } from "../layout.ts";
import type { Special } from "../wgsl/shader.ts";

export const lineConstants = ({ rows, rowsEach }: Tensor): Record<string, number> => ({
  LINES: rowsEach,
  WIDTH: rows.width,
  STRIDE: rows.stride,
});

/** Numbers of a thread; see wgsl/snippets/numbers.wgsl. */
const sideOf = ({ rows }: Tensor): number => (rows.width % 4 === 0 ? 4 : 1);

/** A kernel whose threads have one number or four. */
export function numberwise(tensor: Tensor, flags: Record<string, boolean> = {}): Special {
  const { rows, rowsEach } = tensor;
  const side = sideOf(tensor);
  return {
    constants: { LINES: rowsEach, WIDTH: rows.width / side, STRIDE: rows.stride / side },
    scope: { counts: {}, flags: { ...flags, fours: side === 4 } },
  };
}

export const threadsOf =
  (tensor: Tensor) =>
  (count: number): number =>
    (count * tensor.rowsEach * tensor.rows.width) / sideOf(tensor);
