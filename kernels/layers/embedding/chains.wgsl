// embedding/chains: tokens of one number in a row, tied together, since their gradients belong to one vector of E
// ids [rows, IDS_STRIDE] f32   chain [rows, TOKENS] u32: the next token of that number, TOKENS where there is none,
// and LATER in all but the first; SKIPPED for padding
// grid: one thread a token
//! use chunk
//! use chain
override TOKENS: u32;
override IDS_STRIDE: u32;
@group(0) @binding(0) var<uniform> chunk: Chunk;
@group(0) @binding(1) var<storage, read> ids: array<f32>;
@group(0) @binding(2) var<storage, read_write> chain: array<u32>;

@compute @workgroup_size(64)
fn chains(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let thread = thread_of(id, groups, 64u);
  let row = thread / TOKENS;
  if (row >= chunk.rows) { return; }
  let own = thread - row * TOKENS;
  let number = ids[row * IDS_STRIDE + own];
  var next = TOKENS;
  var later = 0u;
  for (var t = 0u; t < TOKENS; t++) {
    if (ids[row * IDS_STRIDE + t] == number) {
      if (t < own) { later = LATER; }
      if (t > own) { next = min(next, t); }
    }
  }
  chain[thread] = select(next | later, SKIPPED, number < 0.0);
}
