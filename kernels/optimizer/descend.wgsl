// optimizer/descend: parameters −= rate · sum, then sum = 0 for the next step
// parameters [4·n] f32   sum [4·n] i32      grid: one thread a vec4
// `rate` is learning rate / (unit · batch): it turns the integer sum into a step along the mean of clipped gradients.
//! use chunk
@group(0) @binding(0) var<uniform> chunk: Chunk;
@group(0) @binding(1) var<storage, read_write> parameters: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> sum: array<vec4i>;

@compute @workgroup_size(64)
fn descend(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let thread = thread_of(id, groups);
  if (thread >= arrayLength(&parameters)) { return; }
  parameters[thread] -= chunk.rate * vec4f(sum[thread]);
  sum[thread] = vec4i();
}
