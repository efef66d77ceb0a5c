// instances/instance-sum: sum += Σ_rows round(factor · gradient of the row), in integers from the first addition on
// (../dense/clipped-sum.wgsl says why), or with `plain` the gradients as they are
// instances [rows, STRIDE] f32, each row's own gradient   factors [rows] f32   sum [parameters] i32 (plain: f32)
// grid: one thread a parameter of the layer
//! use chunk
//! use whole
override STRIDE: u32;
override PARAMETERS: u32;  // of the layer
override OFFSET: u32;
@group(0) @binding(0) var<uniform> chunk: Chunk;
@group(0) @binding(1) var<storage, read> instances: array<f32>;
//! if plain
@group(0) @binding(2) var<storage, read_write> sum: array<f32>;
//! else
@group(0) @binding(2) var<storage, read_write> sum: array<i32>;
@group(0) @binding(3) var<storage, read> factors: array<f32>;
//! end

@compute @workgroup_size(64)
fn instance_sum(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let thread = thread_of(id, groups, 64u);
  if (thread >= PARAMETERS) { return; }
  //! if plain
  var total = 0.0;
  for (var row = 0u; row < chunk.rows; row++) { total += instances[row * STRIDE + thread]; }
  //! else
  var total = 0i;
  for (var row = 0u; row < chunk.rows; row++) {
    total += i32(whole(instances[row * STRIDE + thread] * factors[row]));
  }
  //! end
  sum[OFFSET + thread] += total;
}
