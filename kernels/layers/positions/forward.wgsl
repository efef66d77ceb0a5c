// positions/forward: y = x + P of the token's place; of a line that only fills its row's last quad, the last place's
// x, y [lines, STRIDE] f32 of WIDTH numbers a line   P [LINES, WIDTH] f32 at OFFSET of parameters
// grid: one thread a number
//! use chunk
//! use places
override WIDTH: u32;
override STRIDE: u32;
override OFFSET: u32;
@group(0) @binding(0) var<uniform> chunk: Chunk;
@group(0) @binding(1) var<storage, read> parameters: array<f32>;
@group(0) @binding(2) var<storage, read> x: array<f32>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;
//! if packed
@group(0) @binding(4) var<storage, read> places: array<vec2u>;
//! end

@compute @workgroup_size(64)
fn forward(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let thread = thread_of(id, groups, 64u);
  let line = thread / WIDTH;
  if (line >= line_count()) { return; }
  let column = thread - line * WIDTH;
  let at = line * STRIDE + column;
  let place = min(place_of_line(line).token, LINES - 1u);
  y[at] = x[at] + parameters[OFFSET + place * WIDTH + column];
}
