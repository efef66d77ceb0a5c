// layer-norm/backward: gx = scale · (h − mean(h) − x̂ · mean(h ⊙ x̂)) ⊙ activation′(x) with h = g ⊙ gain, or h = g;
// with `adding` to what others have put there
// x, g, gx [lines, STRIDE] f32 of WIDTH numbers a line; LINES lines for each row of the micro-batch
// gain [WIDTH] f32 at OFFSET of parameters   statistics [lines, 4] f32 of forward.wgsl
// grid: one thread a token, whose numbers it takes one by one, or four by four; see snippets/numbers.wgsl
//! use chunk
//! use numbers
//! use lines
//! insert activation type=Numbers
//! use finite
override WIDTH: u32;
override STRIDE: u32;
override OFFSET: u32;
override LAYER: u32;  // below
@group(0) @binding(0) var<uniform> chunk: Chunk;
@group(0) @binding(1) var<storage, read> parameters: array<Numbers>;
@group(0) @binding(2) var<storage, read> x: array<Numbers>;
@group(0) @binding(3) var<storage, read> statistics: array<vec4f>;
@group(0) @binding(4) var<storage, read> g: array<Numbers>;
@group(0) @binding(5) var<storage, read_write> gx: array<Numbers>;
@group(0) @binding(6) var<storage, read_write> flags: array<atomic<u32>>;

fn weighed(at: u32, j: u32) -> Numbers {
  //! if affine
  return g[at + j] * parameters[OFFSET + j];
  //! else
  return g[at + j];
  //! end
}

@compute @workgroup_size(16)
fn backward(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let line = thread_of(id, groups, 16u);
  if (line >= line_count()) { return; }
  let at = line * STRIDE;
  let known = statistics[line];
  let mean = known.x;
  let scale = known.y;
  let count = f32(SIDE_BY_SIDE * WIDTH);
  var sum = Numbers();
  var sum_along = Numbers();
  for (var j = 0u; j < WIDTH; j++) {
    let h = weighed(at, j);
    sum += h;
    sum_along += h * ((x[at + j] - mean) * scale);
  }
  let plain = total_of(sum) / count;
  let along = total_of(sum_along) / count;
  var worst = 0u;
  for (var j = 0u; j < WIDTH; j++) {
    let h = weighed(at, j);
    let value = x[at + j];
    let back = scale * (h - plain - (value - mean) * scale * along) * slope(value);
    //! if fours
    worst = max(worst, worst_of(back));
    //! else
    worst = max(worst, bits_of(back));
    //! end
    //! if adding
    gx[at + j] += back;
    //! else
    gx[at + j] = back;
    //! end
  }
  if (worst >= INFINITE) { atomicOr(&flags[LAYER], BACKWARD_OVERFLOW); }
}
