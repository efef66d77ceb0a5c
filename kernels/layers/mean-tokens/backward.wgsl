// mean-tokens/backward: gx = g / count of each token, 0 where a line only fills its row's last quad
// g [rows, Y_STRIDE] f32   gx [lines, X_STRIDE] f32   spans [batch, 2] u32
// grid: one thread a number of g
//! use chunk
//! use spans
override WIDTH: u32;
override X_STRIDE: u32;
override Y_STRIDE: u32;
@group(0) @binding(0) var<uniform> chunk: Chunk;
@group(0) @binding(1) var<storage, read> g: array<f32>;
@group(0) @binding(2) var<storage, read_write> gx: array<f32>;
//! if packed
@group(0) @binding(3) var<storage, read> spans: array<vec2u>;
//! end

@compute @workgroup_size(64)
fn backward(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let thread = thread_of(id, groups, 64u);
  let row = thread / WIDTH;
  if (row >= chunk.rows) { return; }
  let column = thread - row * WIDTH;
  let count = count_of(row);
  let share = g[row * Y_STRIDE + column] / f32(max(count, 1u));
  let first = first_of(row);
  for (var t = 0u; t < span_of(row); t++) { gx[(first + t) * X_STRIDE + column] = select(0.0, share, t < count); }
}
