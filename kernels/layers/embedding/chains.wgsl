// embedding/chains: tokens of one number in a row, tied together, since their gradients belong to one vector of E
// ids [lines, IDS_STRIDE] f32   chain [lines] u32: the line of the next token of that number, the row's end where there
// is none, and LATER in all but the first
// grid: one thread a line
//! use chunk
//! use chain
//! use places
//! use spans
override IDS_STRIDE: u32;
@group(0) @binding(0) var<uniform> chunk: Chunk;
@group(0) @binding(1) var<storage, read> ids: array<f32>;
@group(0) @binding(2) var<storage, read_write> chain: array<u32>;
@group(0) @binding(3) var<storage, read> places: array<vec2u>;
@group(0) @binding(4) var<storage, read> spans: array<vec2u>;

@compute @workgroup_size(64)
fn chains(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let own = thread_of(id, groups, 64u);
  if (own >= line_count()) { return; }
  let row = place_of_line(own).row;
  let first = first_of(row);
  let end = first + count_of(row);
  let number = ids[own * IDS_STRIDE];
  var next = end;
  var later = 0u;
  for (var line = first; line < end; line++) {
    if (ids[line * IDS_STRIDE] == number) {
      if (line < own) { later = LATER; }
      if (line > own) { next = min(next, line); }
    }
  }
  chain[own] = next | later;
}
