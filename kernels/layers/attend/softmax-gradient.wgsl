// attend/softmax-gradient: dp ← p ⊙ (dp − Σ p ⊙ dp) of each query, the gradient by its scores
// p, dp [rows, HEADS, SIDE, SIDE] f32
// grid: one thread a query of a head of a row; where p is 0, dp becomes 0 whatever stood there.
//! use chunk
override HEADS: u32;
override SIDE: u32;
@group(0) @binding(0) var<uniform> chunk: Chunk;
@group(0) @binding(1) var<storage, read> p: array<f32>;
@group(0) @binding(2) var<storage, read_write> dp: array<f32>;

@compute @workgroup_size(16)
fn softmax_gradient(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let thread = thread_of(id, groups, 16u);
  if (thread >= chunk.rows * HEADS * SIDE) { return; }
  let at = thread * SIDE;
  var sum = 0.0;
  for (var key = 0u; key < SIDE; key++) {
    let share = p[at + key];
    sum += select(0.0, share * dp[at + key], share != 0.0);
  }
  for (var key = 0u; key < SIDE; key++) {
    let share = p[at + key];
    dp[at + key] = select(0.0, share * (dp[at + key] - sum), share != 0.0);
  }
}
