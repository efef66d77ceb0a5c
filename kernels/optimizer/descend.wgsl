// optimizer/descend: one step along g = scale · sum + μ · (w − w₀), then sum = 0 for the next
//   sgd        w −= rate · g
//   momentum   m ← β·m + g,  w −= rate · m                                            (Polyak 1964, as PyTorch has it)
//   adam       m ← β₁·m + (1 − β₁)·g,  v ← β₂·v + (1 − β₂)·g²
//              w −= rate · (m / (1 − β₁ᵗ)) / (√(v / (1 − β₂ᵗ)) + 10⁻⁸)          (Kingma & Ba 2015, algorithm 1)
// μ · (w − w₀) is the gradient of ½μ‖w − w₀‖², FedProx's pull back to the round's model (Li et al. 2020, §3.2).
// Of many models at once each makes a step along its own slices' sum, with a scale of its own; with 0 it makes none.
// parameters, anchor, first, second [n] f32   sum [n] i32 of clipped rows, or [slices, n] f32 of plain ones
// With `drifts` the model's own vector is added to g: of SCAFFOLD, c − c_i (Karimireddy et al. 2020, algorithm 1).
// drift [models, n] f32   steps [batches, models] f32: the rows of a model's batch, and its scale
// grid: one thread four parameters of a model, a quarter of them apart
//! use chunk
override PARAMETERS: u32;
override QUARTER = (PARAMETERS + 3u) / 4u;
override PROXIMAL: f32;
override MOMENTUM: f32;
@group(0) @binding(0) var<uniform> chunk: Chunk;
@group(0) @binding(1) var<storage, read_write> parameters: array<f32>;
//! if plain
@group(0) @binding(2) var<storage, read_write> sum: array<f32>;
//! else
@group(0) @binding(2) var<storage, read_write> sum: array<i32>;
//! end
//! if proximal
@group(0) @binding(3) var<storage, read> anchor: array<f32>;
//! end
//! if first
@group(0) @binding(4) var<storage, read_write> first: array<f32>;
//! end
//! if second
@group(0) @binding(5) var<storage, read_write> second: array<f32>;
//! end
//! if many
@group(0) @binding(6) var<storage, read> steps: array<vec2f>;
override SLICE: u32;  // rows of a slice
//! end
//! if drifts
@group(0) @binding(7) var<storage, read> drift: array<f32>;
//! end

const BETA1 = 0.9;
const BETA2 = 0.999;

@compute @workgroup_size(64)
fn descend(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  //! if many
  let all = thread_of(id, groups, 64u);
  let model = all / QUARTER;
  if (model * chunk.room >= chunk.rows) { return; }
  let scale = steps[chunk.first / chunk.room + model].y;
  if (scale == 0.0) { return; }
  let thread = all - model * QUARTER;
  let own = model * PARAMETERS;
  let slices = (chunk.room + SLICE - 1u) / SLICE * PARAMETERS;
  //! else
  let thread = thread_of(id, groups, 64u);
  if (thread >= QUARTER) { return; }
  let scale = chunk.scale;
  let own = 0u;
  //! end
  let inside_{step} = thread + {step}u * QUARTER < PARAMETERS;
  //! if plain
  var total_{step} = 0.0;
  //! if many
  // The next backward pass writes over it.
  let first_slice = model * slices;
  for (var slice = first_slice + thread; slice < first_slice + slices; slice += PARAMETERS) {
    total_{step} += sum[slice + {step}u * QUARTER];
  }
  //! else
  let whole = arrayLength(&sum) / PARAMETERS * PARAMETERS;
  for (var slice = thread; slice < whole; slice += PARAMETERS) {
    total_{step} += sum[slice + {step}u * QUARTER];
    if (inside_{step}) { sum[slice + {step}u * QUARTER] = 0.0; }
  }
  //! end
  //! end
  //! each step
  if (inside_{step}) {
    let place = thread + {step}u * QUARTER;
    let i = own + place;
    //! if plain
    let total = total_{step};
    //! else
    let total = f32(sum[i]);
    sum[i] = 0;
    //! end
    var g = scale * total;
    //! if proximal
    g += PROXIMAL * (parameters[i] - anchor[place]);
    //! end
    //! if drifts
    g += drift[i];
    //! end
    //! if second
    let m = BETA1 * first[i] + (1.0 - BETA1) * g;
    let v = BETA2 * second[i] + (1.0 - BETA2) * g * g;
    first[i] = m;
    second[i] = v;
    g = m / chunk.correction1 / (sqrt(v / chunk.correction2) + 1e-8);
    //! else
    //! if first
    g += MOMENTUM * first[i];
    first[i] = g;
    //! end
    //! end
    parameters[i] -= chunk.rate * g;
  }
  //! end
}
