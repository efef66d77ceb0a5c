// gather: x = features[batch]
// features [count, 4·inputs4] f32   batch [*] u32   x [rows → multiple of 4, 4·inputs4] f32
// grid: one thread a vec4 of x. Surplus rows become zero, so that no later kernel needs an edge case.
//! use chunk
//! use layer
@group(0) @binding(0) var<uniform> layer: Layer;
@group(0) @binding(1) var<uniform> chunk: Chunk;
@group(0) @binding(2) var<storage, read> features: array<vec4f>;
@group(0) @binding(3) var<storage, read> batch: array<u32>;
@group(0) @binding(4) var<storage, read_write> x: array<vec4f>;

@compute @workgroup_size(64)
fn gather(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let thread = thread_of(id, groups);
  let row = thread / layer.inputs4;
  if (row >= (chunk.rows + 3u) / 4u * 4u) { return; }
  var value = vec4f();
  if (row < chunk.rows) {
    value = features[batch[chunk.first + row] * layer.inputs4 + thread % layer.inputs4];
  }
  x[thread] = value;
}
