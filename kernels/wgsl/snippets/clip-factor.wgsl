// unit · min(1, limit / norm): what takes a row's gradient to the clip norm and to the integer grid (Abadi et al. 2016,
// algorithm 1). `limit` is the clip norm less 10⁻⁴ of it: more than f32 can err in norm, quotient and product.
fn clip_factor(norm: f32) -> f32 {
  if (norm > chunk.limit) { return chunk.unit * (chunk.limit / norm); }
  return chunk.unit;
}
