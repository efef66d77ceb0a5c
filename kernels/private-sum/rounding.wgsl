// private-sum/rounding: rounded[i] = whole(values[i]), and sums[i] = Σ whole(factor · addends[i + k]) over k < terms,
// added up as in snippets/outer-sum.wgsl: a compiler that orders sums anew may do so there, and not where a value is
// rounded by itself
// values, rounded, sums [GROUP] f32   addends [GROUP + terms] f32   grid: one group
// chunk: `up` and `down` are one number and `factor` is 1, as no compiler may know; `terms` are a multiple of 4
override GROUP: u32;
//! use whole
struct Chunk {
  up: f32,
  down: f32,
  factor: f32,
  terms: u32,
}
@group(0) @binding(0) var<uniform> chunk: Chunk;
@group(0) @binding(1) var<storage, read> values: array<f32>;
@group(0) @binding(2) var<storage, read> addends: array<f32>;
@group(0) @binding(3) var<storage, read_write> rounded: array<f32>;
@group(0) @binding(4) var<storage, read_write> sums: array<f32>;

@compute @workgroup_size(GROUP)
fn rounding(@builtin(local_invocation_index) i: u32) {
  rounded[i] = whole(values[i]);
  var s = 0.0;
  for (var at = i; at < i + chunk.terms; at += 4u) {
    s = (((s + whole(chunk.factor * addends[at])) + whole(chunk.factor * addends[at + 1u]))
      + whole(chunk.factor * addends[at + 2u])) + whole(chunk.factor * addends[at + 3u]);
  }
  sums[i] = s;
}
