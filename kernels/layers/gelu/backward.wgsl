// gelu/backward: gx = g ⊙ slope, which forward.wgsl left behind
// slope, g, gx [lines, STRIDE] f32 of WIDTH numbers a line; LINES lines for each row of the micro-batch
// grid: one thread a number, or four; see snippets/numbers.wgsl
//! use chunk
//! use numbers
//! use lines
override WIDTH: u32;
override STRIDE: u32;
@group(0) @binding(0) var<uniform> chunk: Chunk;
@group(0) @binding(1) var<storage, read> slope: array<Numbers>;
@group(0) @binding(2) var<storage, read> g: array<Numbers>;
@group(0) @binding(3) var<storage, read_write> gx: array<Numbers>;

@compute @workgroup_size(64)
fn backward(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let thread = thread_of(id, groups, 64u);
  let line = thread / WIDTH;
  if (line >= line_count()) { return; }
  let at = line * STRIDE + thread - line * WIDTH;
  gx[at] = g[at] * slope[at];
}
