// private-sum/clip-factor: factors[row] = unit · min(1, limit / norms[row])      (Abadi et al. 2016, algorithm 1)
// norms [rows] f32   factors [rows] f32
// grid: one thread a row. `limit` is the clip norm less 10⁻⁴ of it: more than f32 can err in norm, quotient and
// product.
//! use chunk
@group(0) @binding(0) var<uniform> chunk: Chunk;
@group(0) @binding(1) var<storage, read> norms: array<f32>;
@group(0) @binding(2) var<storage, read_write> factors: array<f32>;

@compute @workgroup_size(64)
fn clip_factor(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let row = thread_of(id, groups, 64u);
  if (row >= chunk.rows) { return; }
  var factor = chunk.unit;
  if (norms[row] > chunk.limit) { factor *= chunk.limit / norms[row]; }
  factors[row] = factor;
}
