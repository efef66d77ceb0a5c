// Where a row's lines are (lines.wgsl). With `packed`, spans [batch, 2] u32 say it, which is the kernel's own binding.
//! use lines
fn first_of(row: u32) -> u32 {
  //! if packed
  return spans[chunk.first + row].x;
  //! else
  return row * LINES;
  //! end
}

// Tokens of the row.
fn count_of(row: u32) -> u32 {
  //! if packed
  return spans[chunk.first + row].y;
  //! else
  return LINES;
  //! end
}

// Its lines, those among them that only fill its last quad.
fn span_of(row: u32) -> u32 {
  //! if packed
  return (spans[chunk.first + row].y + 3u) / 4u * 4u;
  //! else
  return LINES;
  //! end
}
