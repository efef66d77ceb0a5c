// max-pool2d/backward: gx = g where x was the first largest of its window, 0 elsewhere, ⊙ activation′(x)
// x, gx [rows, HEIGHT, WIDTH, CHANNELS] f32, X_STRIDE from pixel to pixel   g [rows, windows, CHANNELS] f32, Y_ROW from
// image to image
// grid: one thread a window and channel. Pixels beyond the last whole window keep the zeros of their buffer.
//! use chunk
//! use window
//! use pool
//! use activation
@group(0) @binding(0) var<uniform> chunk: Chunk;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> g: array<f32>;
@group(0) @binding(3) var<storage, read_write> gx: array<f32>;

@compute @workgroup_size(64)
fn backward(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let window = window_of(thread_of(id, groups, 64u));
  if (window.row >= chunk.rows) { return; }
  var largest = x[window.first];
  var chosen = window.first;
  for (var dy = 0u; dy < SIZE; dy++) {
    for (var dx = 0u; dx < SIZE; dx++) {
      let at = window.first + (dy * WIDTH + dx) * X_STRIDE;
      gx[at] = 0.0;
      if (x[at] > largest) {
        largest = x[at];
        chosen = at;
      }
    }
  }
  gx[chosen] = g[window.y] * slope(largest);
}
