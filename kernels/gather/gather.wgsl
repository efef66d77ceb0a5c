// gather: x = features[batch], or with `packed` the batch's tokens, row by row; a line that only fills its row's last
// quad is of zeros
// features [count, STRIDE] f32, or [tokens of all rows, STRIDE]   batch [*] u32   x [lines, STRIDE] f32
// first_tokens [count] u32: with `packed`, where each row's tokens begin   places [*, 2] u32, see snippets/places.wgsl
// grid: one thread four numbers of a line of x
//! use chunk
//! use places
override STRIDE: u32;  // a multiple of 4
override QUARTER = STRIDE / 4u;
@group(0) @binding(0) var<uniform> chunk: Chunk;
@group(0) @binding(1) var<storage, read> features: array<vec4f>;
@group(0) @binding(2) var<storage, read> batch: array<u32>;
@group(0) @binding(3) var<storage, read_write> x: array<vec4f>;
//! if packed
@group(0) @binding(4) var<storage, read> first_tokens: array<u32>;
@group(0) @binding(5) var<storage, read> places: array<vec2u>;
//! end

@compute @workgroup_size(64)
fn gather(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let thread = thread_of(id, groups, 64u);
  let line = thread / QUARTER;
  if (line >= line_count()) { return; }
  let column = thread - line * QUARTER;
  let place = place_of_line(line);
  let row = batch[chunk.first + place.row];
  //! if packed
  if (place.token == NO_TOKEN) {
    x[thread] = vec4f();
    return;
  }
  let source = first_tokens[row] + place.token;
  //! else
  let source = row * LINES + place.token;
  //! end
  x[thread] = features[source * QUARTER + column];
}
