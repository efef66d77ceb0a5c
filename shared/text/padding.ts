/** Rows of token numbers, padded to one length. */

/** Stands behind a row's token numbers; no token has it. */
export const padding = -1;

/** Tokens of a row before its padding. */
export function tokenCount(numbers: Float32Array | Float64Array): number {
  const end = numbers.indexOf(padding);
  return end < 0 ? numbers.length : end;
}

/** Of rows [count, room] */
export const tokenCounts = (numbers: Float32Array, room: number): Uint32Array<ArrayBuffer> =>
  Uint32Array.from({ length: numbers.length / room }, (_, row) =>
    tokenCount(numbers.subarray(row * room, (row + 1) * room)),
  );
