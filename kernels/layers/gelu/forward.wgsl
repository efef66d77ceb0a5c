// gelu/forward: y = ½x·(1 + tanh(√(2/π)·(x + 0.044715·x³)))                  (Hendrycks & Gimpel 2016, section 2)
// x, y [lines, STRIDE] f32 of WIDTH numbers a line; LINES lines for each row of the micro-batch
// grid: one thread a number, or four; see snippets/numbers.wgsl
//! use chunk
//! use numbers
//! use gelu
override LINES: u32;
override WIDTH: u32;
override STRIDE: u32;
@group(0) @binding(0) var<uniform> chunk: Chunk;
@group(0) @binding(1) var<storage, read> x: array<Numbers>;
@group(0) @binding(2) var<storage, read_write> y: array<Numbers>;

@compute @workgroup_size(64)
fn forward(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let thread = thread_of(id, groups, 64u);
  let line = thread / WIDTH;
  if (line >= chunk.rows * LINES) { return; }
  let at = line * STRIDE + thread - line * WIDTH;
  let z = x[at];
  y[at] = 0.5 * z * (1.0 + bend(z));
}
