// gather: x = features[batch]
// features [count, STRIDE] f32   batch [*] u32   x [rows, STRIDE] f32
// grid: one thread a number of x
//! use chunk
override STRIDE: u32;
@group(0) @binding(0) var<uniform> chunk: Chunk;
@group(0) @binding(1) var<storage, read> features: array<f32>;
@group(0) @binding(2) var<storage, read> batch: array<u32>;
@group(0) @binding(3) var<storage, read_write> x: array<f32>;

@compute @workgroup_size(64)
fn gather(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let thread = thread_of(id, groups, 64u);
  let row = thread / STRIDE;
  if (row >= chunk.rows) { return; }
  x[thread] = features[batch[chunk.first + row] * STRIDE + thread % STRIDE];
}
