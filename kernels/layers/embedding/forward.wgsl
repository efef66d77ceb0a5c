// embedding/forward: y[token] = E[id of the token], zeros for padding
// ids [rows, IDS_STRIDE] f32   E [vocabulary, WIDTH] f32, the first of the parameters   y [rows, TOKENS, STRIDE] f32
// grid: one thread a number of y
//! use chunk
override TOKENS: u32;
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
  let place = thread / WIDTH;
  let row = place / TOKENS;
  if (row >= chunk.rows) { return; }
  let column = thread - place * WIDTH;
  let number = ids[row * IDS_STRIDE + place - row * TOKENS];
  let entry = parameters[u32(max(number, 0.0)) * WIDTH + column];
  y[place * STRIDE + column] = select(0.0, entry, number >= 0.0);
}
