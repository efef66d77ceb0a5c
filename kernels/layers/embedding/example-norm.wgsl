// embedding/example-norm: norms[row] ← hypot(norms[row], length of the row's gradient by E), and that norm's factor
// The gradient is, for each number in the row, the sum over its tokens of g: longer than their g taken apart where they
// point the same way.
// chain [lines] u32 of chains.wgsl   g [lines, STRIDE] f32   norms, factors [rows] f32
// grid: one thread a row. Squares are added up a token at a time, so that long rows keep their margin
// (../dense/example-norm.wgsl).
//! use chunk
//! use chain
//! use spans
//! use clip-factor
//! use finite
//! use length
override WIDTH: u32;
override STRIDE: u32;
override LAYER: u32;
@group(0) @binding(0) var<uniform> chunk: Chunk;
@group(0) @binding(1) var<storage, read> chain: array<u32>;
@group(0) @binding(2) var<storage, read> g: array<f32>;
@group(0) @binding(3) var<storage, read_write> norms: array<f32>;
@group(0) @binding(4) var<storage, read_write> flags: array<atomic<u32>>;
@group(0) @binding(5) var<storage, read_write> factors: array<f32>;
@group(0) @binding(6) var<storage, read> spans: array<vec2u>;

@compute @workgroup_size(16)
fn example_norm(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let row = thread_of(id, groups, 16u);
  if (row >= chunk.rows) { return; }
  var largest = 0.0;
  var sum = square(row, 1.0, &largest);
  let scale = scale_of(largest);
  if (scale != 1.0) { sum = square(row, scale, &largest); }
  let own = sqrt(sum) / scale;
  let norm = hypot(norms[row], own);
  if ((max(bitcast<u32>(own), bitcast<u32>(norm)) & 0x7fffffffu) > bitcast<u32>(0x1p100f)) {
    atomicOr(&flags[LAYER], NORM_OVERFLOW);
  }
  norms[row] = norm;
  factors[row] = clip_factor(norm);
}

fn square(row: u32, scale: f32, largest: ptr<function, f32>) -> f32 {
  var sum = 0.0;
  var most = 0.0;
  let begin = first_of(row);
  let end = begin + count_of(row);
  for (var first = begin; first < end; first++) {
    if ((chain[first] & LATER) != 0u) { continue; }
    var part = 0.0;
    for (var column = 0u; column < WIDTH; column++) {
      var total = 0.0;
      for (var line = first; line < end; line = chain[line] & ~LATER) { total += g[line * STRIDE + column]; }
      most = max(most, abs(total));
      part += total * scale * total * scale;
    }
    sum += part;
  }
  *largest = most;
  return sum;
}
