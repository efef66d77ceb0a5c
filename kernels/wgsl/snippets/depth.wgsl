// How far a dense product's sum runs. With `skips`, `lengths` say how many tokens each row of the micro-batch has, and
// a tile of nothing but padding costs nothing: zeros are written there, which nobody looks at.
override DEPTH4: u32;     // quads of a row of the left matrix that hold numbers
override POSITIONS: u32;  // rows of the matrices for each row of the micro-batch; with `skips`, a whole number of tiles

fn depth_of(row: u32) -> u32 {
  //! if skips
  return select(0u, DEPTH4, row % POSITIONS < lengths[row / POSITIONS]);
  //! else
  return DEPTH4;
  //! end
}
