// The micro-batch at hand. Twin: chunks.ts.
struct Chunk {
  first: u32,       // index of its first row in `batch`
  rows: u32,        // its rows; buffers hold rows up to the next multiple of 4, the surplus is zero
  thresholds: u32,  // length of `thresholds`, for selected.wgsl
  limit: f32,       // L2 bound of a row's gradient, safety margin taken off
  unit: f32,        // integers per 1.0 of gradient
  rate: f32,        // learning rate / (unit · batch), for descend.wgsl
}

// Grids are lines of 64 threads a group, folded into rows of groups where a line would pass 65,535 groups.
fn thread_of(id: vec3u, groups: vec3u) -> u32 {
  return id.x + id.y * groups.x * 64u;
}
