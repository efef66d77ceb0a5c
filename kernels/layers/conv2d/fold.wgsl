// conv2d/fold: gx = (Σ over the patches a pixel is in) ⊙ activation′(x), the way back of unfold.wgsl
// patches [rows · positions, STRIDE] f32 of gradients   x, gx [rows, HEIGHT, WIDTH, CHANNELS] f32, X_STRIDE from pixel
// to pixel
// grid: one thread a number of gx, or four channels. Sums run in a fixed order.
//! use chunk
//! use window
//! use numbers
//! insert activation type=Numbers
//! use finite
override STRIDE: u32;
override LAYER: u32;  // below
@group(0) @binding(0) var<uniform> chunk: Chunk;
@group(0) @binding(1) var<storage, read> patches: array<Numbers>;
@group(0) @binding(2) var<storage, read> x: array<Numbers>;
@group(0) @binding(3) var<storage, read_write> gx: array<Numbers>;
@group(0) @binding(4) var<storage, read_write> flags: array<atomic<u32>>;

@compute @workgroup_size(64)
fn fold(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let thread = thread_of(id, groups, 64u);
  let row = thread / (HEIGHT * WIDTH * CHANNELS);
  if (row >= chunk.rows) { return; }
  let channel = thread % CHANNELS;
  let px = thread / CHANNELS % WIDTH;
  let py = thread / (CHANNELS * WIDTH) % HEIGHT;
  var sum = Numbers();
  for (var dy = 0u; dy < SIZE; dy++) {
    // The patch whose number (dy, dx) this pixel is. Unsigned, what would be negative is very large.
    let oy = py - dy;
    if (oy < OUT_HEIGHT) {
      let place = (row * OUT_HEIGHT + oy) * OUT_WIDTH + px;
      let number = dy * SIZE * CHANNELS + channel;
      let inside_{pixel} = px - {pixel}u < OUT_WIDTH;
      let at_{pixel} = select(0u, (place - {pixel}u) * STRIDE + number + {pixel}u * CHANNELS, inside_{pixel});
      sum += select(Numbers(), patches[at_{pixel}], inside_{pixel});
    }
  }
  let at = row * X_ROW + (py * WIDTH + px) * X_STRIDE + channel;
  let g = sum * slope(x[at]);
  //! if fours
  let worst = worst_of(g);
  //! else
  let worst = bits_of(g);
  //! end
  if (worst >= INFINITE) { atomicOr(&flags[LAYER], BACKWARD_OVERFLOW); }
  gx[at] = g;
}
