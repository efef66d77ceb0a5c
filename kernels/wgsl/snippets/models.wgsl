// Of many models at once, each has `room` rows of the micro-batch and parameters of its own. Room is a whole number of
// tiles, so that no tile has rows of two models.
//! if many
override MODEL_STRIDE: u32;  // from one model's parameters to the next
//! end

// Where the parameters begin that a row meets.
fn model_of(row: u32) -> u32 {
  //! if many
  return row / chunk.room * MODEL_STRIDE;
  //! else
  return 0u;
  //! end
}
