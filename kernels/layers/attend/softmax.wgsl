// attend/softmax: p = softmax of each query's scores over the keys that the row has
// p [rows, HEADS, SIDE, SIDE] f32, scores before and shares after; SIDE is LINES in whole quads, so that products of
// it need no edges; in a row's last quad, queries and keys beyond its tokens get zeros    spans [batch, 2] u32
// grid: one thread a query of a head of a row, which takes four keys at a time
//! use chunk
//! use spans
override HEADS: u32;
override SIDE: u32;
@group(0) @binding(0) var<uniform> chunk: Chunk;
@group(0) @binding(1) var<storage, read_write> p: array<vec4f>;
//! if packed
@group(0) @binding(2) var<storage, read> spans: array<vec2u>;
//! end

const LOWEST = -3.4e38;
const PLACES = vec4u(0u, 1u, 2u, 3u);

@compute @workgroup_size(16)
fn softmax(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let thread = thread_of(id, groups, 16u);
  let row = thread / (HEADS * SIDE);
  if (row >= chunk.rows) { return; }
  let first = thread * SIDE / 4u;
  let own = count_of(row);
  let query = thread % SIDE;
  if (query >= (own + 3u) / 4u * 4u) { return; }
  let count = select(0u, own, query < own);
  // Less the largest, no exponential overflows.
  var largest = vec4f(LOWEST);
  for (var key = 0u; key < count; key += 4u) {
    largest = max(largest, select(vec4f(LOWEST), p[first + key / 4u], PLACES + key < vec4u(count)));
  }
  let top = max(max(largest.x, largest.y), max(largest.z, largest.w));
  var sums = vec4f();
  for (var key = 0u; key < count; key += 4u) {
    let e = select(vec4f(), exp(p[first + key / 4u] - top), PLACES + key < vec4u(count));
    p[first + key / 4u] = e;
    sums += e;
  }
  let sum = sums.x + sums.y + sums.z + sums.w;
  for (var key = 0u; key < own; key += 4u) {
    let at = first + key / 4u;
    p[at] = select(vec4f(), p[at] / sum, PLACES + key < vec4u(count));
  }
}
