// mean-tokens/backward: gx = g / count of each token that is not padding, 0 of padding
// g [rows, Y_STRIDE] f32   gx [rows, TOKENS, X_STRIDE] f32   lengths [rows] u32
// grid: one thread a number of g
//! use chunk
//! use counted
override WIDTH: u32;
override X_STRIDE: u32;
override Y_STRIDE: u32;
@group(0) @binding(0) var<uniform> chunk: Chunk;
@group(0) @binding(1) var<storage, read> g: array<f32>;
@group(0) @binding(2) var<storage, read_write> gx: array<f32>;
//! if padded
@group(0) @binding(3) var<storage, read> lengths: array<u32>;
//! end

@compute @workgroup_size(64)
fn backward(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let thread = thread_of(id, groups, 64u);
  let row = thread / WIDTH;
  if (row >= chunk.rows) { return; }
  let column = thread - row * WIDTH;
  let count = counted(row);
  let share = g[row * Y_STRIDE + column] / f32(max(count, 1u));
  for (var t = 0u; t < TOKENS; t++) {
    gx[(row * TOKENS + t) * X_STRIDE + column] = select(0.0, share, t < count);
  }
}
