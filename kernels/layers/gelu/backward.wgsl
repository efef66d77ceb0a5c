// gelu/backward: gx = g · (½(1 + t) + ½x·(1 − t²)·√(2/π)·(1 + 3·0.044715·x²)) with t the tanh of forward.wgsl
// x, g, gx [lines, STRIDE] f32 of WIDTH numbers a line; LINES lines for each row of the micro-batch
// grid: one thread a number, or four; see snippets/numbers.wgsl
//! use chunk
//! use numbers
//! use gelu
override LINES: u32;
override WIDTH: u32;
override STRIDE: u32;
@group(0) @binding(0) var<uniform> chunk: Chunk;
@group(0) @binding(1) var<storage, read> x: array<Numbers>;
@group(0) @binding(2) var<storage, read> g: array<Numbers>;
@group(0) @binding(3) var<storage, read_write> gx: array<Numbers>;

@compute @workgroup_size(64)
fn backward(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let thread = thread_of(id, groups, 64u);
  let line = thread / WIDTH;
  if (line >= chunk.rows * LINES) { return; }
  let at = line * STRIDE + thread - line * WIDTH;
  let z = x[at];
  let t = bend(z);
  gx[at] = g[at] * (0.5 * (1.0 + t) + 0.5 * z * (1.0 - t * t) * SCALE * (1.0 + 3.0 * CUBIC * z * z));
}
