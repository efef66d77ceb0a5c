// instances/instance-sum: sum += Σ_rows round(factor · gradient of the row), in integers from the first addition on
// (../dense/clipped-sum.wgsl says why), or with `plain` the gradients as they are
// With `descends` they are all of the batch's rows, and the parameters take their step along scale · Σ at once.
// instances [rows, STRIDE] f32, each row's own gradient   factors [rows] f32   sum [parameters] i32 (plain: f32)
// grid: one thread four parameters of the layer
//! use chunk
//! use whole
override STRIDE: u32;
override PARAMETERS: u32;  // of the layer
override OFFSET: u32;
@group(0) @binding(0) var<uniform> chunk: Chunk;
@group(0) @binding(1) var<storage, read> instances: array<vec4f>;
//! if descends
@group(0) @binding(2) var<storage, read_write> parameters: array<f32>;
//! insert descent type=f32 anchor=4 first=5 second=6
//! else
//! if plain
@group(0) @binding(2) var<storage, read_write> sum: array<f32>;
//! else
@group(0) @binding(2) var<storage, read_write> sum: array<i32>;
//! end
//! end
//! if plain
//! else
@group(0) @binding(3) var<storage, read> factors: array<f32>;
//! end

@compute @workgroup_size(64)
fn instance_sum(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let thread = thread_of(id, groups, 64u);
  if (thread * 4u >= PARAMETERS) { return; }
  //! if plain
  var total = vec4f();
  for (var row = 0u; row < chunk.rows; row++) { total += instances[row * (STRIDE / 4u) + thread]; }
  //! else
  var total = vec4i();
  for (var row = 0u; row < chunk.rows; row++) {
    total += vec4i(wholes(instances[row * (STRIDE / 4u) + thread] * factors[row]));
  }
  //! end
  //! each step
  if (thread * 4u + {step}u < PARAMETERS) {
    let place = OFFSET + thread * 4u + {step}u;
    //! if descends
    descend_by(place, place, chunk.scale * f32(total[{step}]));
    //! else
    sum[place] += total[{step}];
    //! end
  }
  //! end
}
