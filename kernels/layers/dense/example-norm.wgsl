// dense/example-norm: norms[row] ← hypot(norms[row], ‖a‖·‖g‖), a layer's part of a row's gradient norm, and
// factors[row] ← what clips a gradient of that norm: right for good behind the last layer's part, and no dispatch more
// a [rows, A_STRIDE] f32, or with `picks` ‖a‖ of all rows, as data that never changes is measured once
// g [rows, G_STRIDE] f32   norms, factors [rows] f32
// The gradient of a dense layer for one row is the outer product a ⊗ g, whose length is ‖a‖·‖g‖ (Goodfellow 2015,
// "Efficient per-example gradient computations"); a's column of ones brings in the bias. So the norm of every row's
// gradient is known without any row's gradient being formed.
// Without `outer`, a is the row's gradient itself, and there is no g.
// grid: one thread a row. Lengths are scaled as in Blue 1978 (ACM TOMS 4), so that squares neither overflow nor vanish:
// a length that came out too small would break the sensitivity that the privacy proof rests on.
//! use chunk
//! use clip-factor
//! use finite
//! use length
//! use picked
override GROUP: u32;     // threads a group
//! if picks
//! else
override A_STRIDE: u32;
//! end
//! if outer
override G_STRIDE: u32;
//! end
override FIRST: bool;   // of the layers, counted backwards: finds the norms of the micro-batch before
override LAYER: u32;
@group(0) @binding(0) var<uniform> chunk: Chunk;
//! if picks
@group(0) @binding(1) var<storage, read> a: array<f32>;
//! else
@group(0) @binding(1) var<storage, read> a: array<vec4f>;
//! end
@group(0) @binding(2) var<storage, read_write> norms: array<f32>;
@group(0) @binding(3) var<storage, read_write> flags: array<atomic<u32>>;
@group(0) @binding(4) var<storage, read_write> factors: array<f32>;
//! if outer
@group(0) @binding(5) var<storage, read> g: array<vec4f>;
//! end
//! if picks
@group(0) @binding(6) var<storage, read> batch: array<u32>;
//! end

// Sums of squares go in blocks: a sum of n equal-signed terms errs by up to n·2⁻²⁴, and a long row in one line would
// use up the safety margin of the clip factor. With blocks of √n it errs by 2√n·2⁻²⁴: rows of up to 2²² numbers by
// 1.3·10⁻⁴, and their length by half of that.
override BLOCK: u32;  // vec4s

//! if picks
fn length_a(row: u32) -> f32 {
  return a[picked(row)];
}
//! else
fn length_a(row: u32) -> f32 {
  let first = row * (A_STRIDE / 4u);
  let sum = square_a(first, 1.0);
  if (is_plain(sum)) { return sqrt(sum); }
  var largest = vec4f();
  for (var k = first; k < first + A_STRIDE / 4u; k++) { largest = max(largest, abs(a[k])); }
  let scale = scale_of(max(max(largest.x, largest.y), max(largest.z, largest.w)));
  return sqrt(square_a(first, scale)) / scale;
}

fn square_a(first: u32, scale: f32) -> f32 {
  let end = first + A_STRIDE / 4u;
  var sum = 0.0;
  for (var block = first; block < end; block += BLOCK) {
    var part = 0.0;
    for (var k = block; k < min(block + BLOCK, end); k++) {
      let scaled = a[k] * scale;
      part += dot(scaled, scaled);
    }
    sum += part;
  }
  return sum;
}
//! end

//! if outer
fn length_g(row: u32) -> f32 {
  let first = row * (G_STRIDE / 4u);
  let sum = square_g(first, 1.0);
  if (is_plain(sum)) { return sqrt(sum); }
  var largest = vec4f();
  for (var k = first; k < first + G_STRIDE / 4u; k++) { largest = max(largest, abs(g[k])); }
  let scale = scale_of(max(max(largest.x, largest.y), max(largest.z, largest.w)));
  return sqrt(square_g(first, scale)) / scale;
}

fn square_g(first: u32, scale: f32) -> f32 {
  let end = first + G_STRIDE / 4u;
  var sum = 0.0;
  for (var block = first; block < end; block += BLOCK) {
    var part = 0.0;
    for (var k = block; k < min(block + BLOCK, end); k++) {
      let scaled = g[k] * scale;
      part += dot(scaled, scaled);
    }
    sum += part;
  }
  return sum;
}
//! end

@compute @workgroup_size(GROUP)
fn example_norm(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let row = thread_of(id, groups, GROUP);
  if (row >= chunk.rows) { return; }
  //! if outer
  let own = length_a(row) * length_g(row);
  //! else
  let own = length_a(row);
  //! end
  let before = select(norms[row], 0.0, FIRST);
  let norm = hypot(before, own);
  // Beyond 2¹⁰⁰ a quotient is no longer precise (WGSL §15.7.4); no healthy gradient is near it. Compared as bits, which
  // order non-negative floats and put infinity and NaN last.
  if ((max(bitcast<u32>(own), bitcast<u32>(norm)) & 0x7fffffffu) > bitcast<u32>(0x1p100f)) {
    atomicOr(&flags[LAYER], NORM_OVERFLOW);
  }
  norms[row] = norm;
  factors[row] = clip_factor(norm);
}
