// layer-norm/gradients: each row's gradient by gain (Σ over its tokens of g ⊙ x̂) and by bias (Σ g)
// x, g [rows · LINES, STRIDE] f32   statistics [rows · LINES, 4] f32 of forward.wgsl
// instances [rows, ROW_STRIDE] f32: gain [WIDTH], bias [WIDTH]
// grid: one thread a number of the gain, or four; see snippets/numbers.wgsl
//! use chunk
//! use numbers
//! use spans
override WIDTH: u32;
override STRIDE: u32;
override ROW_STRIDE: u32;
@group(0) @binding(0) var<uniform> chunk: Chunk;
@group(0) @binding(1) var<storage, read> x: array<Numbers>;
@group(0) @binding(2) var<storage, read> statistics: array<vec4f>;
@group(0) @binding(3) var<storage, read> g: array<Numbers>;
@group(0) @binding(4) var<storage, read_write> instances: array<Numbers>;
//! if packed
@group(0) @binding(5) var<storage, read> spans: array<vec2u>;
//! end

@compute @workgroup_size(64)
fn gradients(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let thread = thread_of(id, groups, 64u);
  let row = thread / WIDTH;
  if (row >= chunk.rows) { return; }
  let column = thread - row * WIDTH;
  var gain = Numbers();
  var bias = Numbers();
  let first = first_of(row);
  for (var line = first; line < first + count_of(row); line++) {
    let at = line * STRIDE + column;
    let known = statistics[line];
    gain += g[at] * ((x[at] - known.x) * known.y);
    bias += g[at];
  }
  instances[row * ROW_STRIDE + column] = gain;
  instances[row * ROW_STRIDE + WIDTH + column] = bias;
}
