override TOKENS: u32;
//! if padded

// Tokens of a row before its padding.
fn counted(row: u32) -> u32 {
  return lengths[row];
}
//! else

fn counted(row: u32) -> u32 {
  return TOKENS;
}
//! end
