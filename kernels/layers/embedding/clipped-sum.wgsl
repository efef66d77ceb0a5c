// embedding/clipped-sum: sum += Σ_rows round(factor · the row's gradient by E), in integers from the first addition on
// (../dense/clipped-sum.wgsl says why); what several tokens bring to one number is added up before it is rounded
// chain [lines] u32 of chains.wgsl   ids [lines, IDS_STRIDE] f32   g [lines, STRIDE] f32
// factors [rows] f32   sum [vocabulary, WIDTH] i32, the first of the whole
// grid: one thread a column, which alone adds to it
//! use chunk
//! use whole
//! use chain
//! use spans
override IDS_STRIDE: u32;
override WIDTH: u32;
override STRIDE: u32;
@group(0) @binding(0) var<uniform> chunk: Chunk;
@group(0) @binding(1) var<storage, read> chain: array<u32>;
@group(0) @binding(2) var<storage, read> ids: array<f32>;
@group(0) @binding(3) var<storage, read> g: array<f32>;
@group(0) @binding(4) var<storage, read> factors: array<f32>;
@group(0) @binding(5) var<storage, read_write> sum: array<i32>;
@group(0) @binding(6) var<storage, read> spans: array<vec2u>;

@compute @workgroup_size(16)
fn clipped_sum(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let column = thread_of(id, groups, 16u);
  if (column >= WIDTH) { return; }
  for (var row = 0u; row < chunk.rows; row++) {
    let begin = first_of(row);
    let end = begin + count_of(row);
    for (var first = begin; first < end; first++) {
      if ((chain[first] & LATER) != 0u) { continue; }
      var total = 0.0;
      for (var line = first; line < end; line = chain[line] & ~LATER) { total += g[line * STRIDE + column]; }
      sum[u32(ids[first * IDS_STRIDE]) * WIDTH + column] += i32(whole(total * factors[row]));
    }
  }
}
