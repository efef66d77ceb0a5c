// dense/backward-input: gx = (gy·Wᵀ) ⊙ activation′(x), the gradient by the previous layer's pre-activations
// gy [rows, 4·outputs4] f32   W [4·inputs4, 4·outputs4] f32   x, gx [rows, 4·inputs4] f32
// grid: one thread a tile of 4 rows × 1 vec4 of inputs, as in forward.wgsl.
// relu′ and tanh′ are had from the activation itself: [x > 0] and 1 − x².
//! use chunk
//! use layer
//! use finite
@group(0) @binding(0) var<uniform> layer: Layer;
@group(0) @binding(1) var<uniform> chunk: Chunk;
@group(0) @binding(2) var<storage, read> parameters: array<vec4f>;
@group(0) @binding(3) var<storage, read> x: array<vec4f>;
@group(0) @binding(4) var<storage, read> gy: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> gx: array<vec4f>;
@group(0) @binding(6) var<storage, read_write> flags: array<atomic<u32>>;

fn slope(activation: vec4f) -> vec4f {
  if (layer.input_activation == 1u) { return select(vec4f(), vec4f(1.0), activation > vec4f()); }
  return 1.0 - activation * activation;
}

@compute @workgroup_size(64)
fn backward_input(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let thread = thread_of(id, groups);
  let column4 = thread % layer.inputs4;
  let row = thread / layer.inputs4 * 4u;
  if (row >= chunk.rows) { return; }

  var s0 = vec4f(); var s1 = vec4f(); var s2 = vec4f(); var s3 = vec4f();
  var at = row * layer.outputs4;
  var w = layer.offset4 + column4 * 4u * layer.outputs4;
  for (var k = 0u; k < layer.outputs4; k++) {
    // Row i of W is the gradient's way to input i.
    let columns = transpose(mat4x4f(
      parameters[w],
      parameters[w + layer.outputs4],
      parameters[w + 2u * layer.outputs4],
      parameters[w + 3u * layer.outputs4],
    ));
    s0 += columns * gy[at];
    s1 += columns * gy[at + layer.outputs4];
    s2 += columns * gy[at + 2u * layer.outputs4];
    s3 += columns * gy[at + 3u * layer.outputs4];
    at += 1u;
    w += 1u;
  }
  // The column of ones is no unit: nothing flows back into it.
  let units = (column4 * 4u + vec4u(0u, 1u, 2u, 3u)) < vec4u(layer.inputs);
  let out = row * layer.inputs4 + column4;
  let g0 = select(vec4f(), s0 * slope(x[out]), units);
  let g1 = select(vec4f(), s1 * slope(x[out + layer.inputs4]), units);
  let g2 = select(vec4f(), s2 * slope(x[out + 2u * layer.inputs4]), units);
  let g3 = select(vec4f(), s3 * slope(x[out + 3u * layer.inputs4]), units);
  // The gradient belongs to the layer below, whose outputs these inputs are.
  if (not_finite(g0) || not_finite(g1) || not_finite(g2) || not_finite(g3)) {
    atomicOr(&flags[layer.index - 1u], BACKWARD_OVERFLOW);
  }
  gx[out] = g0;
  gx[out + layer.inputs4] = g1;
  gx[out + 2u * layer.inputs4] = g2;
  gx[out + 3u * layer.inputs4] = g3;
}
