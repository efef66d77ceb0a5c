// max-pool2d/backward: gx = g where x was the first largest of its window, 0 elsewhere, ⊙ activation′(x)
// x, gx [rows, HEIGHT, WIDTH, CHANNELS] f32, X_STRIDE from pixel to pixel   g [rows, windows, CHANNELS] f32, Y_ROW from
// image to image
// grid: one thread a window and channel, or four channels. Pixels beyond the last whole window keep the zeros of their
// buffer.
//! use chunk
//! use window
//! use numbers
//! use pool
//! insert activation type=Numbers
@group(0) @binding(0) var<uniform> chunk: Chunk;
@group(0) @binding(1) var<storage, read> x: array<Numbers>;
@group(0) @binding(2) var<storage, read> g: array<Numbers>;
@group(0) @binding(3) var<storage, read_write> gx: array<Numbers>;

@compute @workgroup_size(64)
fn backward(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let window = window_of(thread_of(id, groups, 64u));
  if (window.row >= chunk.rows) { return; }
  var largest = x[window.first];
  var chosen = Places();
  //! each dy
  let x_{dy}_{dx} = x[window.first + ({dy}u * WIDTH + {dx}u) * X_STRIDE];
  //! each dx
  chosen = select(chosen, Places({dy}u * SIZE + {dx}u), x_{dy}_{dx} > largest);
  largest = max(largest, x_{dy}_{dx});
  //! end
  //! end
  let back = g[window.y] * slope(largest);
  let here_{dy}_{dx} = chosen == Places({dy}u * SIZE + {dx}u);
  gx[window.first + ({dy}u * WIDTH + {dx}u) * X_STRIDE] = select(Numbers(), back, here_{dy}_{dx});
}
