// Lines of a tensor: of each row of the micro-batch LINES, or with `packed` as many as it has tokens, in whole quads,
// one row's behind the other's.
override LINES: u32;

fn line_count() -> u32 {
  //! if packed
  return chunk.lines;
  //! else
  return chunk.rows * LINES;
  //! end
}
