// add/backward: gb = g (or += with `adding`); the other side shares g's buffer (layout.ts)
// g, gb [lines, STRIDE] f32 of WIDTH numbers a line; LINES lines for each row of the micro-batch
// grid: one thread a number, or four; see snippets/numbers.wgsl
//! use chunk
//! use numbers
//! use lines
override WIDTH: u32;
override STRIDE: u32;
@group(0) @binding(0) var<uniform> chunk: Chunk;
@group(0) @binding(1) var<storage, read> g: array<Numbers>;
@group(0) @binding(2) var<storage, read_write> gb: array<Numbers>;

@compute @workgroup_size(64)
fn backward(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let thread = thread_of(id, groups, 64u);
  let line = thread / WIDTH;
  if (line >= line_count()) { return; }
  let at = line * STRIDE + thread - line * WIDTH;
  //! if adding
  gb[at] += g[at];
  //! else
  gb[at] = g[at];
  //! end
}
