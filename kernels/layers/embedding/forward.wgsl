// embedding/forward: y[token] = E[id of the token]; a line that only fills its row's last quad has number 0
// ids [lines, IDS_STRIDE] f32   E [vocabulary, WIDTH] f32, the first of the parameters   y [lines, STRIDE] f32
// grid: one thread a number of y
//! use chunk
//! use lines
override IDS_STRIDE: u32;
override WIDTH: u32;
override STRIDE: u32;
@group(0) @binding(0) var<uniform> chunk: Chunk;
@group(0) @binding(1) var<storage, read> parameters: array<f32>;
@group(0) @binding(2) var<storage, read> ids: array<f32>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;

@compute @workgroup_size(64)
fn forward(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let thread = thread_of(id, groups, 64u);
  let line = thread / WIDTH;
  if (line >= line_count()) { return; }
  let column = thread - line * WIDTH;
  y[line * STRIDE + column] = parameters[u32(ids[line * IDS_STRIDE]) * WIDTH + column];
}
