// bench/copy: duplicate = original
// original, duplicate [threads, 4] f32
// grid: one thread a vec4
@group(0) @binding(0) var<storage, read> original: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> duplicate: array<vec4f>;

@compute @workgroup_size(64)
fn copy(@builtin(global_invocation_id) id: vec3u) {
  duplicate[id.x] = original[id.x];
}
