// max-pool2d/forward: y = the largest of each window and channel; windows do not overlap
// x [rows, HEIGHT, WIDTH, CHANNELS] f32, X_STRIDE from pixel to pixel   y [rows, windows, CHANNELS] f32, Y_ROW from
// image to image
// grid: one thread a number of y
//! use chunk
//! use window
override Y_ROW: u32;
@group(0) @binding(0) var<uniform> chunk: Chunk;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;

@compute @workgroup_size(64)
fn forward(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let thread = thread_of(id, groups, 64u);
  let numbers = OUT_HEIGHT * OUT_WIDTH * CHANNELS;
  let row = thread / numbers;
  if (row >= chunk.rows) { return; }
  let channel = thread % CHANNELS;
  let ox = thread / CHANNELS % OUT_WIDTH;
  let oy = thread / (CHANNELS * OUT_WIDTH) % OUT_HEIGHT;
  let first = row * X_ROW + (oy * SIZE * WIDTH + ox * SIZE) * X_STRIDE + channel;
  var largest = x[first];
  for (var dy = 0u; dy < SIZE; dy++) {
    for (var dx = 0u; dx < SIZE; dx++) {
      largest = max(largest, x[first + (dy * WIDTH + dx) * X_STRIDE]);
    }
  }
  y[row * Y_ROW + thread % numbers] = largest;
}
