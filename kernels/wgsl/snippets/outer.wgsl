// The gradient of a dense layer is a sum over rows of outer products a ⊗ g. A tile of it is one of rows of `left` by
// columns of `right`: left = a and right = g, or the other way round (`turned`) where the layer has few outputs, so
// that a quad's threads always have neighbours to stand on. With `picks` a has all rows (picked.wgsl). Strides say
// where a number of the tile belongs in the layer's gradient.
override LEFT_STRIDE: u32;
override LEFT_WIDTH: u32;    // numbers of a row of `left` that enter
override LEFT_STEP: u32;     // from one of them to the next in the gradient
override RIGHT_STRIDE: u32;
override RIGHT_WIDTH: u32;
override RIGHT_STEP: u32;
override OFFSET: u32;        // of the layer in the flat gradient
override SLICE: u32;         // rows a quad adds up

fn outer_tiles() -> u32 {
  let across = (RIGHT_WIDTH + 4u * TILE_COLUMNS - 1u) / (4u * TILE_COLUMNS);
  return across * ((LEFT_WIDTH + TILE_ROWS - 1u) / TILE_ROWS);
}

// Of the tile's row that a register of thread `lane` holds. With `left4` each loads four rows side by side.
fn left_of(quad: u32, slot: u32, lane: u32) -> u32 {
  //! if left4
  return row_of(slot, lane) * 4u + quad;
  //! else
  return quad * 4u + row_of(slot, lane);
  //! end
}

fn place_of(left: u32, right: u32) -> u32 {
  return OFFSET + left * LEFT_STEP + right * RIGHT_STEP;
}
