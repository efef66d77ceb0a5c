// gelu/forward: y = ½x·(1 + t), t = tanh(√(2/π)·(x + 0.044715·x³))                (Hendrycks & Gimpel 2016, section 2)
// With `returns`, x ← the slope ½(1 + t) + ½x·(1 − t²)·√(2/π)·(1 + 3·0.044715·x²): of two passes the tanh is computed
// in one, and nothing else reads what went in.
// x, y [lines, STRIDE] f32 of WIDTH numbers a line; LINES lines for each row of the micro-batch
// grid: one thread a number, or four; see snippets/numbers.wgsl
//! use chunk
//! use numbers
//! use lines
override WIDTH: u32;
override STRIDE: u32;
@group(0) @binding(0) var<uniform> chunk: Chunk;
@group(0) @binding(1) var<storage, read_write> x: array<Numbers>;
@group(0) @binding(2) var<storage, read_write> y: array<Numbers>;

const SCALE = 0.7978845608028654;  // √(2/π)
const CUBIC = 0.044715;

@compute @workgroup_size(64)
fn forward(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let thread = thread_of(id, groups, 64u);
  let line = thread / WIDTH;
  if (line >= line_count()) { return; }
  let at = line * STRIDE + thread - line * WIDTH;
  let z = x[at];
  // Beyond ±10 the tanh is ±1 in f32, and nothing overflows within.
  let near = clamp(z, Numbers(-10.0), Numbers(10.0));
  let t = tanh(SCALE * (near + CUBIC * near * near * near));
  y[at] = 0.5 * z * (1.0 + t);
  //! if returns
  x[at] = 0.5 * (1.0 + t) + 0.5 * near * (1.0 - t * t) * SCALE * (1.0 + 3.0 * CUBIC * near * near);
  //! end
}
