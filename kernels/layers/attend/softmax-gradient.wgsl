// attend/softmax-gradient: dp ← p ⊙ (dp − Σ p ⊙ dp) of each query, the gradient by its scores
// p, dp [rows, HEADS, SIDE, SIDE] f32
// grid: one thread a query of a head of a row, which takes four keys at a time; where p is 0, dp becomes 0 whatever
// stood there.
//! use chunk
//! use spans
override HEADS: u32;
override SIDE: u32;
@group(0) @binding(0) var<uniform> chunk: Chunk;
@group(0) @binding(1) var<storage, read> p: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> dp: array<vec4f>;
//! if packed
@group(0) @binding(3) var<storage, read> spans: array<vec2u>;
//! end

@compute @workgroup_size(16)
fn softmax_gradient(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let thread = thread_of(id, groups, 16u);
  let row = thread / (HEADS * SIDE);
  if (row >= chunk.rows) { return; }
  let quads = (count_of(row) + 3u) / 4u;
  if (thread % SIDE >= 4u * quads) { return; }
  let first = thread * SIDE / 4u;
  let end = first + quads;
  var sums = vec4f();
  for (var at = first; at < end; at++) {
    let share = p[at];
    sums += select(vec4f(), share * dp[at], share != vec4f());
  }
  let sum = sums.x + sums.y + sums.z + sums.w;
  for (var at = first; at < end; at++) {
    let share = p[at];
    dp[at] = select(vec4f(), share * (dp[at] - sum), share != vec4f());
  }
}
