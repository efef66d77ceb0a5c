// optimizer/descend: one step along scale · sum of some of the parameters (snippets/descent.wgsl), then sum = 0
// Of many models at once each makes a step along its own slices' sum, with a scale of its own; with 0 it makes none.
// parameters, anchor, first, second [n] f32   sum [n] i32 of clipped rows, or [slices, SLICE_STRIDE] f32 of plain ones
// With `drifts` the model's own vector is added to g: of SCAFFOLD, c − c_i (Karimireddy et al. 2020, algorithm 1).
// drift [models, n] f32   steps [batches, models] f32: the rows of a model's batch, and its scale
// grid: one thread four parameters of a model, a quarter of them apart
//! use chunk
override PARAMETERS: u32;    // that take the step
override OFFSET: u32;        // of the first
override MODEL_STRIDE: u32;  // from one model's to the next
override SLICE_STRIDE: u32;
override QUARTER = (PARAMETERS + 3u) / 4u;
@group(0) @binding(0) var<uniform> chunk: Chunk;
@group(0) @binding(1) var<storage, read_write> parameters: array<f32>;
//! if plain
@group(0) @binding(2) var<storage, read_write> sum: array<f32>;
//! else
@group(0) @binding(2) var<storage, read_write> sum: array<i32>;
//! end
//! if many
@group(0) @binding(6) var<storage, read> steps: array<vec2f>;
override SLICE: u32;  // rows of a slice
//! end
//! if drifts
@group(0) @binding(7) var<storage, read> drift: array<f32>;
//! end
//! insert descent type=f32 anchor=3 first=4 second=5

@compute @workgroup_size(64)
fn descend(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  //! if many
  let all = thread_of(id, groups, 64u);
  let model = all / QUARTER;
  if (model * chunk.room >= chunk.rows) { return; }
  let scale = steps[chunk.first / chunk.room + model].y;
  if (scale == 0.0) { return; }
  let thread = all - model * QUARTER;
  let slices = (chunk.room + SLICE - 1u) / SLICE * SLICE_STRIDE;
  let first_slice = model * slices;
  //! else
  let thread = thread_of(id, groups, 64u);
  if (thread >= QUARTER) { return; }
  let scale = chunk.scale;
  let model = 0u;
  //! end
  let inside_{step} = thread + {step}u * QUARTER < PARAMETERS;
  //! if plain
  var total_{step} = 0.0;
  //! if many
  // The next backward pass writes over it.
  for (var slice = first_slice + thread; slice < first_slice + slices; slice += SLICE_STRIDE) {
    total_{step} += sum[slice + {step}u * QUARTER];
  }
  //! else
  let whole = arrayLength(&sum) / SLICE_STRIDE * SLICE_STRIDE;
  for (var slice = OFFSET + thread; slice < whole; slice += SLICE_STRIDE) {
    total_{step} += sum[slice + {step}u * QUARTER];
    if (inside_{step}) { sum[slice + {step}u * QUARTER] = 0.0; }
  }
  //! end
  //! end
  //! each step
  if (inside_{step}) {
    let place = OFFSET + thread + {step}u * QUARTER;
    //! if plain
    let total = total_{step};
    //! else
    let total = f32(sum[place]);
    sum[place] = 0;
    //! end
    descend_by(model * MODEL_STRIDE + place, place, scale * total);
  }
  //! end
}
