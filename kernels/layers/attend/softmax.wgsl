// attend/softmax: p = softmax of each query's scores over the keys that are not padding, 0 of all others
// p [rows, HEADS, SIDE, SIDE] f32, scores before and shares after; SIDE is TOKENS in whole quads, so that products of
// it need no edges; the queries beyond TOKENS get zeros     lengths [rows] u32
// grid: one thread a query of a head of a row
//! use chunk
//! use counted
override HEADS: u32;
override SIDE: u32;
@group(0) @binding(0) var<uniform> chunk: Chunk;
@group(0) @binding(1) var<storage, read_write> p: array<f32>;
//! if padded
@group(0) @binding(2) var<storage, read> lengths: array<u32>;
//! end

@compute @workgroup_size(16)
fn softmax(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let thread = thread_of(id, groups, 16u);
  let row = thread / (HEADS * SIDE);
  if (row >= chunk.rows) { return; }
  let at = thread * SIDE;
  let count = select(0u, counted(row), thread % SIDE < TOKENS);
  // Less the largest, no exponential overflows.
  var largest = -3.4e38;
  for (var key = 0u; key < count; key++) { largest = max(largest, p[at + key]); }
  var sum = 0.0;
  for (var key = 0u; key < count; key++) {
    let e = exp(p[at + key] - largest);
    p[at + key] = e;
    sum += e;
  }
  for (var key = 0u; key < SIDE; key++) { p[at + key] = select(0.0, p[at + key] / sum, key < count); }
}
