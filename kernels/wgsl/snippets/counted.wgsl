override TOKENS: u32;
//! if padded
override IDS_STRIDE: u32;

// Tokens of a row before its padding, whose numbers are −1.
fn counted(row: u32) -> u32 {
  var count = 0u;
  for (var t = 0u; t < TOKENS; t++) { count += select(0u, 1u, ids[row * IDS_STRIDE + t] >= 0.0); }
  return count;
}
//! else

fn counted(row: u32) -> u32 {
  return TOKENS;
}
//! end
