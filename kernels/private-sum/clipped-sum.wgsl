// private-sum/clipped-sum: sum += Σ_rows round(factor · a ⊗ g), in integers from the first addition on
// a [rows, 4·inputs4] f32   g [rows, 4·outputs4] f32   factors [rows] f32   sum [4·inputs4, 4·outputs4] i32
//
// Why integers: float addition rounds, and how it rounds depends on what was added before. A float sum with one row
// more may differ from the sum without it by far more than that row's clipped gradient, and the sensitivity the noise
// is scaled to would be wrong (Mironov 2012; Casacuberta et al. 2022, "Widespread underestimation of sensitivity").
// Here each row's contribution to each coordinate is first rounded to the grid of 1/unit, by arithmetic that sees that
// row alone, and integers are added exactly. So a batch's sum *is* the sum of one integer vector a row, each with
//     ‖v‖₂ ≤ unit·norm + ½√P     (clipping, then at most ½ a coordinate by rounding to nearest)
// and adding or removing a row changes it by exactly that row's vector. No order of summation, size of micro-batch or
// place in the batch can change a bit of it. The engine refuses batches that could leave 32 bits.
//
// grid: one thread a tile of 4 inputs × 1 vec4 of outputs and a slice of 256 rows. No row's gradient is ever in memory:
// a tile lives in registers. Slices meet in integer atomics, whose order cannot matter.
//! use chunk
//! use layer
@group(0) @binding(0) var<uniform> layer: Layer;
@group(0) @binding(1) var<uniform> chunk: Chunk;
@group(0) @binding(2) var<storage, read> a: array<vec4f>;
@group(0) @binding(3) var<storage, read> g: array<vec4f>;
@group(0) @binding(4) var<storage, read> factors: array<f32>;
@group(0) @binding(5) var<storage, read_write> sum: array<atomic<i32>>;

const SLICE = 256u;

fn add(at: u32, value: vec4i) {
  atomicAdd(&sum[at], value.x);
  atomicAdd(&sum[at + 1u], value.y);
  atomicAdd(&sum[at + 2u], value.z);
  atomicAdd(&sum[at + 3u], value.w);
}

@compute @workgroup_size(64)
fn clipped_sum(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let thread = thread_of(id, groups);
  let column4 = thread % layer.outputs4;
  let row4 = thread / layer.outputs4 % layer.inputs4;
  let first = thread / (layer.outputs4 * layer.inputs4) * SLICE;
  if (first >= chunk.rows) { return; }
  let end = min(first + SLICE, chunk.rows);

  var s0 = vec4i(); var s1 = vec4i(); var s2 = vec4i(); var s3 = vec4i();
  for (var row = first; row < end; row++) {
    let v = a[row * layer.inputs4 + row4];
    let scaled = g[row * layer.outputs4 + column4] * factors[row];
    s0 += vec4i(round(v.x * scaled));
    s1 += vec4i(round(v.y * scaled));
    s2 += vec4i(round(v.z * scaled));
    s3 += vec4i(round(v.w * scaled));
  }
  let at = 4u * (layer.offset4 + row4 * 4u * layer.outputs4 + column4);
  add(at, s0);
  add(at + 4u * layer.outputs4, s1);
  add(at + 8u * layer.outputs4, s2);
  add(at + 12u * layer.outputs4, s3);
}
