// positions/forward: y = x + P, the same P [LINES, WIDTH] for each row of the micro-batch
// x, y [lines, STRIDE] f32 of WIDTH numbers a line; LINES lines a row   P f32 at OFFSET of parameters
// grid: one thread a number
//! use chunk
override LINES: u32;
override WIDTH: u32;
override STRIDE: u32;
override OFFSET: u32;
@group(0) @binding(0) var<uniform> chunk: Chunk;
@group(0) @binding(1) var<storage, read> parameters: array<f32>;
@group(0) @binding(2) var<storage, read> x: array<f32>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;

@compute @workgroup_size(64)
fn forward(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let thread = thread_of(id, groups, 64u);
  let line = thread / WIDTH;
  if (line >= chunk.rows * LINES) { return; }
  let column = thread - line * WIDTH;
  let at = line * STRIDE + column;
  y[at] = x[at] + parameters[OFFSET + line % LINES * WIDTH + column];
}
