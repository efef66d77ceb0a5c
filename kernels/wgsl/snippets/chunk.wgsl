// The micro-batch at hand. Twin: chunks.ts.
struct Chunk {
  first: u32,       // index of its first row in `batch`
  rows: u32,        // its rows; buffers have room for whole tiles of them
  room: u32,        // of many models at once: rows that each has, one after the other; otherwise all
  thresholds: u32,  // length of `thresholds`, for selected.wgsl
  limit: f32,       // L2 bound of a row's gradient, safety margin taken off
  unit: f32,        // integers per 1.0 of gradient
  exact: u32,       // a multiple of 4: so many rows' integers add up to 2²⁴ at most in each coordinate
  up: f32,          // for whole.wgsl
  down: f32,        // the same number
  // For descend.wgsl, of the batch's last micro-batch:
  rate: f32,        // learning rate
  scale: f32,       // 1 / (unit · rows of the batch), from the sum to the mean
  correction1: f32, // 1 − β₁ᵗ and 1 − β₂ᵗ of step t
  correction2: f32,
  // Of packed tokens, see lines.wgsl:
  first_line: u32,  // index of its first line in `places`
  lines: u32,       // its lines
}

// Grids are lines of groups, folded into rows of groups where a line would pass 65,535 groups.
fn thread_of(id: vec3u, groups: vec3u, size: u32) -> u32 {
  return id.x + id.y * groups.x * size;
}
