// What is known of a row besides its features: facts [rows, labels + attributes] = its label, or one for each of its
// tokens, then a cell an attribute.
struct Tables {
  cells: u32,
  attributes: u32,
  layer: u32,  // index of the last layer, for `flags`
}
const UNDISCLOSED = 255u;
const UNLABELLED = 255u;
// shared/fairness/histogram.ts: 16 bins on [−6.25, 3.75], the outer two open
const BINS = 16u;
const LOW = -6.25;
const BIN_WIDTH = 0.625;
