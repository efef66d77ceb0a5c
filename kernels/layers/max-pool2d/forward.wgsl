// max-pool2d/forward: y = the largest of each window and channel; windows do not overlap
// x [rows, HEIGHT, WIDTH, CHANNELS] f32, X_STRIDE from pixel to pixel   y [rows, windows, CHANNELS] f32, Y_ROW from
// image to image
// grid: one thread a number of y, or four channels
//! use chunk
//! use window
//! use numbers
//! use pool
@group(0) @binding(0) var<uniform> chunk: Chunk;
@group(0) @binding(1) var<storage, read> x: array<Numbers>;
@group(0) @binding(2) var<storage, read_write> y: array<Numbers>;

@compute @workgroup_size(64)
fn forward(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let window = window_of(thread_of(id, groups, 64u));
  if (window.row >= chunk.rows) { return; }
  var largest = x[window.first];
  largest = max(largest, x[window.first + ({dy}u * WIDTH + {dx}u) * X_STRIDE]);
  y[window.y] = largest;
}
