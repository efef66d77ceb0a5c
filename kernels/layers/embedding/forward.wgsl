// embedding/forward: y[token] = E[id of the token], zeros where a line only fills its row's last quad
// ids [lines, IDS_STRIDE] f32   E [vocabulary, WIDTH] f32, the first of the parameters   y [lines, STRIDE] f32
// grid: one thread a number of y
//! use chunk
//! use places
override IDS_STRIDE: u32;
override WIDTH: u32;
override STRIDE: u32;
@group(0) @binding(0) var<uniform> chunk: Chunk;
@group(0) @binding(1) var<storage, read> parameters: array<f32>;
@group(0) @binding(2) var<storage, read> ids: array<f32>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;
@group(0) @binding(4) var<storage, read> places: array<vec2u>;

@compute @workgroup_size(64)
fn forward(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let thread = thread_of(id, groups, 64u);
  let line = thread / WIDTH;
  if (line >= line_count()) { return; }
  let column = thread - line * WIDTH;
  let entry = parameters[u32(ids[line * IDS_STRIDE]) * WIDTH + column];
  y[line * STRIDE + column] = select(entry, 0.0, place_of_line(line).token == NO_TOKEN);
}
