// dense/transpose: Wᵀ, so that the way back reads neighbouring weights as the way forward does
// W [inputs + 1, OUTPUTS] f32 at OFFSET of parameters   transposed [OUTPUTS, X_STRIDE] f32
// grid: one thread a number of Wᵀ. What stands beyond the inputs is some finite number that nothing needs.
//! use chunk
override OFFSET: u32;
override OUTPUTS: u32;
override X_STRIDE: u32;
@group(0) @binding(0) var<uniform> chunk: Chunk;
@group(0) @binding(1) var<storage, read> parameters: array<f32>;
@group(0) @binding(2) var<storage, read_write> transposed: array<f32>;

@compute @workgroup_size(64)
fn transpose(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let thread = thread_of(id, groups, 64u);
  if (thread >= OUTPUTS * X_STRIDE) { return; }
  transposed[thread] = parameters[OFFSET + thread % X_STRIDE * OUTPUTS + thread / X_STRIDE];
}
