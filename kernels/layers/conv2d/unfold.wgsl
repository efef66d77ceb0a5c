// conv2d/unfold: the patch of every position as a row, so that the convolution is a product of matrices (im2col;
// Chellapilla, Puri and Simard 2006)
// x [rows, HEIGHT, WIDTH, CHANNELS] f32, X_STRIDE from pixel to pixel   patches [rows · positions, STRIDE] f32, each
// [SIZE, SIZE, CHANNELS] and a one behind for the bias, which is never written (memory.ts lays it out)
// grid: one thread a line of a patch
//! use chunk
//! use window
//! use numbers
override STRIDE: u32;
@group(0) @binding(0) var<uniform> chunk: Chunk;
@group(0) @binding(1) var<storage, read> x: array<Numbers>;
@group(0) @binding(2) var<storage, read_write> patches: array<Numbers>;

@compute @workgroup_size(64)
fn unfold(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let thread = thread_of(id, groups, 64u);
  let place = thread / SIZE;
  let row = place / (OUT_HEIGHT * OUT_WIDTH);
  if (row >= chunk.rows) { return; }
  let position = place - row * (OUT_HEIGHT * OUT_WIDTH);
  let line = thread - place * SIZE;
  let oy = position / OUT_WIDTH;
  let at = row * X_ROW + ((oy + line) * WIDTH + position - oy * OUT_WIDTH) * X_STRIDE;
  let to = place * STRIDE + line * SIZE * CHANNELS;
  patches[to + {channel}u + {pixel}u * CHANNELS] = x[at + {channel}u + {pixel}u * X_STRIDE];
}
