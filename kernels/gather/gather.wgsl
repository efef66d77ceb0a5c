// gather: x = features[batch], and lengths = counts[batch] where rows have token counts of their own
// features [count, STRIDE] f32   counts [count] u32   batch [*] u32   x [rows, STRIDE] f32   lengths [rows] u32
// grid: one thread four numbers of a row of x
//! use chunk
override STRIDE: u32;  // a multiple of 4
override QUARTER = STRIDE / 4u;
@group(0) @binding(0) var<uniform> chunk: Chunk;
@group(0) @binding(1) var<storage, read> features: array<vec4f>;
@group(0) @binding(2) var<storage, read> batch: array<u32>;
@group(0) @binding(3) var<storage, read_write> x: array<vec4f>;
@group(0) @binding(4) var<storage, read> counts: array<u32>;
@group(0) @binding(5) var<storage, read_write> lengths: array<u32>;

@compute @workgroup_size(64)
fn gather(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let thread = thread_of(id, groups, 64u);
  let row = thread / QUARTER;
  if (row >= chunk.rows) { return; }
  let column = thread - row * QUARTER;
  //! if padded
  if (column == 0u) { lengths[row] = counts[batch[chunk.first + row]]; }
  //! end
  x[thread] = features[batch[chunk.first + row] * QUARTER + column];
}
