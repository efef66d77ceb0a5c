// embedding/plain-gradient: gradient[id] += g of every token, one after the other
// ids [lines, IDS_STRIDE] f32   g [lines, STRIDE] f32   gradient [vocabulary, WIDTH] f32, the first of the whole
// grid: one thread a column, which alone adds to it: no two tokens meet, and sums run in a fixed order.
//! use chunk
//! use spans
override IDS_STRIDE: u32;
override WIDTH: u32;
override STRIDE: u32;
@group(0) @binding(0) var<uniform> chunk: Chunk;
@group(0) @binding(1) var<storage, read> ids: array<f32>;
@group(0) @binding(2) var<storage, read> g: array<f32>;
@group(0) @binding(3) var<storage, read_write> gradient: array<f32>;
@group(0) @binding(4) var<storage, read> spans: array<vec2u>;

@compute @workgroup_size(16)
fn plain_gradient(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let column = thread_of(id, groups, 16u);
  if (column >= WIDTH) { return; }
  for (var row = 0u; row < chunk.rows; row++) {
    let first = first_of(row);
    for (var line = first; line < first + count_of(row); line++) {
      gradient[u32(ids[line * IDS_STRIDE]) * WIDTH + column] += g[line * STRIDE + column];
    }
  }
}
