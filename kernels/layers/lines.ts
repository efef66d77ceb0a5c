/** The constants and the grid of operations on every number of a tensor by itself. */
import type { Tensor } from "../layout.ts";

export const lineConstants = ({ rows, rowsEach }: Tensor): Record<string, number> => ({
  LINES: rowsEach,
  WIDTH: rows.width,
  STRIDE: rows.stride,
});

export const numbersOf =
  ({ rows, rowsEach }: Tensor) =>
  (count: number): number =>
    count * rowsEach * rows.width;
