// loss/histogram: H[cell][y][bin] += 1 for every cell a row stands in
// logits [rows, 4] f32 (z first)   batch [*] u32   facts [count, 1 + attributes] u32   counts [cells, 2, 16] u32
// grid: one thread a row. Integer atomics: the order of additions cannot change a count.
//! use chunk
//! use tables
@group(0) @binding(0) var<uniform> tables: Tables;
@group(0) @binding(1) var<uniform> chunk: Chunk;
@group(0) @binding(2) var<storage, read> logits: array<vec4f>;
@group(0) @binding(3) var<storage, read> batch: array<u32>;
@group(0) @binding(4) var<storage, read> facts: array<u32>;
@group(0) @binding(5) var<storage, read_write> counts: array<atomic<u32>>;

@compute @workgroup_size(64)
fn histogram(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let row = thread_of(id, groups, 64u);
  if (row >= chunk.rows) { return; }
  let z = logits[row].x;
  // floor((z − low) / width) by comparison: every edge −6.25 + 0.625·b is exact in f32, a quotient might not be.
  var bin = 0u;
  for (var b = 1u; b < BINS; b++) {
    if (z >= LOW + BIN_WIDTH * f32(b)) { bin = b; }
  }
  let fact = batch[chunk.first + row] * (1u + tables.attributes);
  for (var a = 1u; a <= tables.attributes; a++) {
    let cell = facts[fact + a];
    if (cell != UNDISCLOSED) { atomicAdd(&counts[(cell * 2u + facts[fact]) * BINS + bin], 1u); }
  }
}
