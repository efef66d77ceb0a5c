// loss/softmax-gradient: g = softmax(z) − onehot(y), the gradient of the cross-entropy by the logits. Of a row whose
// tokens have labels of their own, of the mean over those that have one.
// logits, g [lines, STRIDE] f32   batch [*] u32   facts [count, LINES + attributes] u32
// With `many`, steps [batches, models] f32 begin with how many rows a model has; the others it has no gradient of.
// grid: one thread a line. Beyond the classes g keeps its zeros.
//! use chunk
//! use places
//! use tables
//! use finite
override CLASSES: u32;
override STRIDE: u32;
@group(0) @binding(0) var<uniform> tables: Tables;
@group(0) @binding(1) var<uniform> chunk: Chunk;
@group(0) @binding(2) var<storage, read> logits: array<f32>;
@group(0) @binding(3) var<storage, read> batch: array<u32>;
@group(0) @binding(4) var<storage, read> facts: array<u32>;
@group(0) @binding(5) var<storage, read_write> g: array<f32>;
@group(0) @binding(6) var<storage, read_write> flags: array<atomic<u32>>;
//! if many
@group(0) @binding(7) var<storage, read> steps: array<vec2f>;
//! end
//! if packed
@group(0) @binding(7) var<storage, read> places: array<vec2u>;
//! end

@compute @workgroup_size(16)
fn softmax_gradient(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let line = thread_of(id, groups, 16u);
  if (line >= line_count()) { return; }
  let place = place_of_line(line);
  let fact = batch[chunk.first + place.row] * (LINES + tables.attributes);
  var label = UNLABELLED;
  if (place.token != NO_TOKEN) { label = facts[fact + place.token]; }
  let at = line * STRIDE;
  if (label == UNLABELLED) {
    for (var k = 0u; k < CLASSES; k++) { g[at + k] = 0.0; }
    return;
  }
  var labelled = 0.0;
  for (var i = 0u; i < LINES; i++) { labelled += select(1.0, 0.0, facts[fact + i] == UNLABELLED); }
  // Less the largest, no exponential overflows.
  var largest = logits[at];
  for (var k = 1u; k < CLASSES; k++) { largest = max(largest, logits[at + k]); }
  var sum = 0.0;
  for (var k = 0u; k < CLASSES; k++) {
    let e = exp(logits[at + k] - largest);
    g[at + k] = e;
    sum += e;
  }
  if (bits_of(sum) >= INFINITE) { atomicOr(&flags[tables.layer], BACKWARD_OVERFLOW); }
  for (var k = 0u; k < CLASSES; k++) {
    g[at + k] = (g[at + k] / sum - select(0.0, 1.0, k == label)) / labelled;
  }
  //! if many
  let model = place.row / chunk.room;
  if (f32(place.row - model * chunk.room) >= steps[chunk.first / chunk.room + model].x) {
    for (var k = 0u; k < CLASSES; k++) { g[at + k] = 0.0; }
  }
  //! end
}
