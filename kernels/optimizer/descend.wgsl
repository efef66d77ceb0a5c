// optimizer/descend: parameters −= rate · sum, then sum = 0 for the next step
// parameters [n] f32   sum [n] i32 of clipped rows, or [slices, n] f32 of plain ones      grid: one thread a parameter
// `rate` turns the sum into a step along the mean of the rows' gradients.
//! use chunk
override PARAMETERS: u32;
@group(0) @binding(0) var<uniform> chunk: Chunk;
@group(0) @binding(1) var<storage, read_write> parameters: array<f32>;
//! if plain
@group(0) @binding(2) var<storage, read_write> sum: array<f32>;
//! else
@group(0) @binding(2) var<storage, read_write> sum: array<i32>;
//! end

@compute @workgroup_size(64)
fn descend(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let thread = thread_of(id, groups, 64u);
  if (thread >= PARAMETERS) { return; }
  //! if plain
  var total = 0.0;
  for (var at = thread; at < arrayLength(&sum); at += PARAMETERS) {
    total += sum[at];
    sum[at] = 0.0;
  }
  parameters[thread] -= chunk.rate * total;
  //! else
  parameters[thread] -= chunk.rate * f32(sum[thread]);
  sum[thread] = 0;
  //! end
}
