// layer-norm/forward: y = gain · (x − mean) / √(variance + ε) + bias, of each token by itself  (Ba et al. 2016, eq. 4)
// x, y [lines, STRIDE] f32 of WIDTH numbers a line; LINES lines for each row of the micro-batch
// gain, bias [WIDTH] f32 at OFFSET of parameters   statistics [lines, 4] f32: mean, 1/√(variance + ε)
// grid: one thread a token, whose numbers it takes one by one, or four by four; see snippets/numbers.wgsl
//! use chunk
//! use numbers
//! use lines
override WIDTH: u32;
override STRIDE: u32;
override OFFSET: u32;
override EPSILON: f32;
@group(0) @binding(0) var<uniform> chunk: Chunk;
@group(0) @binding(1) var<storage, read> parameters: array<Numbers>;
@group(0) @binding(2) var<storage, read> x: array<Numbers>;
@group(0) @binding(3) var<storage, read_write> y: array<Numbers>;
@group(0) @binding(4) var<storage, read_write> statistics: array<vec4f>;

@compute @workgroup_size(16)
fn forward(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let line = thread_of(id, groups, 16u);
  if (line >= line_count()) { return; }
  let at = line * STRIDE;
  let count = f32(SIDE_BY_SIDE * WIDTH);
  var sum = Numbers();
  for (var j = 0u; j < WIDTH; j++) { sum += x[at + j]; }
  let mean = total_of(sum) / count;
  // Squares of what is left of the mean: of squares alone little would be left where the mean is large.
  var squares = Numbers();
  for (var j = 0u; j < WIDTH; j++) {
    let deviation = x[at + j] - mean;
    squares += deviation * deviation;
  }
  let scale = inverseSqrt(total_of(squares) / count + EPSILON);
  for (var j = 0u; j < WIDTH; j++) {
    //! if affine
    y[at + j] = parameters[OFFSET + j] * ((x[at + j] - mean) * scale) + parameters[OFFSET + WIDTH + j];
    //! else
    y[at + j] = (x[at + j] - mean) * scale;
    //! end
  }
  statistics[line] = vec4f(mean, scale, 0.0, 0.0);
}
