// insert descent type=T anchor=N first=N second=N: `descend` takes parameters[i], a T, one step along g
//   sgd        w −= rate · g
//   momentum   m ← β·m + g,  w −= rate · m                                            (Polyak 1964, as PyTorch has it)
//   adam       m ← β₁·m + (1 − β₁)·g,  v ← β₂·v + (1 − β₂)·g²
//              w −= rate · (m / (1 − β₁ᵗ)) / (√(v / (1 − β₂ᵗ)) + 10⁻⁸)          (Kingma & Ba 2015, algorithm 1)
// with μ · (w − w₀) added to g, the gradient of ½μ‖w − w₀‖²: FedProx's pull back to the round's model (Li et al. 2020,
// §3.2). `anchor` has w₀ at `place`, `first` and `second` the moments; N is the binding of each. With `drifts` the
// kernel's own `drift` is added to g as well.
override PROXIMAL: f32;
override MOMENTUM: f32;
//! if proximal
@group(0) @binding({anchor}) var<storage, read> anchor: array<{type}>;
//! end
//! if first
@group(0) @binding({first}) var<storage, read_write> first: array<{type}>;
//! end
//! if second
@group(0) @binding({second}) var<storage, read_write> second: array<{type}>;
//! end
const BETA1 = 0.9;
const BETA2 = 0.999;

fn descend_by(i: u32, place: u32, gradient: {type}) {
  var g = gradient;
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
