/** What the engine is given: rows, the sizes of the fairness tables, and the bound of a row's gradient. */

export interface Rows {
  count: number;
  /** [count, inputs] f32, finite; of vectors of tokens that rows have their own number of, [tokens of all rows, width] */
  features: Float32Array;
  /** [count], 0 or 1, or the number of a class; of a model with logits of every token [count, tokens], `unlabelled` where there is none */
  labels: Uint8Array;
  /** [count, attributes] index of a cell among all cells, 255 = undisclosed */
  cells: Uint8Array;
  /** [count], of rows of vectors that have token counts of their own; of token numbers they follow from the padding */
  tokens?: Uint32Array;
}

export interface Clip {
  /** L2 bound of one row's gradient, from 1e-6 to 1e6 */
  norm: number;
  /** Integers per 1.0 of gradient: the fixed-point grid */
  unit: number;
}

export interface TableSizes {
  /** Cells of all sensitive attributes together */
  cells: number;
  attributes: number;
}
