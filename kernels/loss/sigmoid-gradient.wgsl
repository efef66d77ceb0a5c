// loss/sigmoid-gradient: g = dL/dz per row = Π_cells weight[cell][y] · (σ(z) − y) + Σ_cells lerp(slope[cell][y], z)
// logits [rows, 4] f32 (z first)   batch [*] u32   facts [count, 1 + attributes] u32
// witness [cells, 2, 17] f32: 16 slopes, then the weight   g [rows, 4] f32
// With `many`, steps [batches, models] f32 begin with how many rows a model has; the others it has no gradient of.
// grid: one thread a row. Only the row's own numbers enter, so clipping per row keeps its meaning (shared/fairness).
//! use chunk
//! use tables
//! use finite
@group(0) @binding(0) var<uniform> tables: Tables;
@group(0) @binding(1) var<uniform> chunk: Chunk;
@group(0) @binding(2) var<storage, read> logits: array<vec4f>;
@group(0) @binding(3) var<storage, read> batch: array<u32>;
@group(0) @binding(4) var<storage, read> facts: array<u32>;
@group(0) @binding(5) var<storage, read> witness: array<f32>;
@group(0) @binding(6) var<storage, read_write> g: array<vec4f>;
@group(0) @binding(7) var<storage, read_write> flags: array<atomic<u32>>;
//! if many
@group(0) @binding(8) var<storage, read> steps: array<vec2f>;
//! end

// σ(z) for z ≤ 0 and z > 0 without a large exponential; precise also where σ(z) is near 0.
fn sigmoid(z: f32) -> f32 {
  let e = exp(-abs(z));
  return select(1.0, e, z < 0.0) / (1.0 + e);
}

@compute @workgroup_size(16)
fn sigmoid_gradient(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let row = thread_of(id, groups, 16u);
  if (row >= chunk.rows) { return; }

  let z = logits[row].x;
  let fact = batch[chunk.first + row] * (1u + tables.attributes);
  let y = facts[fact];
  // Linear between bin centres, constant outside the outer two.
  let position = clamp((z - LOW) / BIN_WIDTH - 0.5, 0.0, f32(BINS - 1u));
  let bin = min(u32(position), BINS - 2u);
  let share = position - f32(bin);

  var weight = 1.0;
  var penalty = 0.0;
  for (var a = 1u; a <= tables.attributes; a++) {
    let cell = facts[fact + a];
    if (cell == UNDISCLOSED) { continue; }
    let entry = (cell * 2u + y) * (BINS + 1u);
    weight *= witness[entry + BINS];
    penalty += mix(witness[entry + bin], witness[entry + bin + 1u], share);
  }
  // σ(z) − 1 = −σ(−z), without cancellation.
  let error = select(sigmoid(z), -sigmoid(-z), y == 1u);
  let value = weight * error + penalty;
  if (bits_of(value) >= INFINITE) { atomicOr(&flags[tables.layer], BACKWARD_OVERFLOW); }
  //! if many
  let model = row / chunk.room;
  let inside = f32(row - model * chunk.room) < steps[chunk.first / chunk.room + model].x;
  g[row] = vec4f(select(0.0, value, inside), 0.0, 0.0, 0.0);
  //! else
  g[row] = vec4f(value, 0.0, 0.0, 0.0);
  //! end
}
