// Between these, squares of f32 are normal numbers, and their sums too.
const SMALL = 0x1p-30;
const BIG = 0x1p50;
// A power of two, so that scaling is exact.
fn scale_of(largest: f32) -> f32 {
  if (largest > BIG) { return 0x1p-80; }
  if (largest < SMALL) { return 0x1p80; }
  return 1.0;
}

// Whether a sum of squares needed no scale: none overflowed, and those below 2⁻¹²⁶, which vanish, are nothing to it.
fn is_plain(sum: f32) -> bool {
  return sum > 0x1p-80 && sum < 0x1p100;
}

fn hypot(p: f32, q: f32) -> f32 {
  let larger = max(p, q);
  if (larger < 0x1p-100) { return larger; }
  let ratio = min(p, q) / larger;
  return larger * sqrt(1.0 + ratio * ratio);
}
