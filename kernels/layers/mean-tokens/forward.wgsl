// mean-tokens/forward: y = the mean of the row's tokens; 0 of none
// x [lines, X_STRIDE] f32   y [rows, Y_STRIDE] f32   spans [batch, 2] u32
// grid: one thread a number of y
//! use chunk
//! use spans
override WIDTH: u32;
override X_STRIDE: u32;
override Y_STRIDE: u32;
@group(0) @binding(0) var<uniform> chunk: Chunk;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;
//! if packed
@group(0) @binding(3) var<storage, read> spans: array<vec2u>;
//! end

@compute @workgroup_size(64)
fn forward(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let thread = thread_of(id, groups, 64u);
  let row = thread / WIDTH;
  if (row >= chunk.rows) { return; }
  let column = thread - row * WIDTH;
  let count = count_of(row);
  var sum = 0.0;
  let first = first_of(row);
  for (var line = first; line < first + count; line++) { sum += x[line * X_STRIDE + column]; }
  y[row * Y_STRIDE + column] = sum / f32(max(count, 1u));
}
