// dense/forward: y = activation(x·W), the bias being the row of W that meets x's column of ones
// x [rows, 4·inputs4] f32   W [4·inputs4, 4·outputs4] f32   y [rows, 4·outputs4] f32
// grid: one thread a tile of 4 rows × 1 vec4 of outputs, in registers: on software adapters registers beat shared
// memory and barriers two- to threefold. Each output is one thread's own sum in a fixed order, and every row of a tile
// goes through the same instructions, so a row's result does not depend on its place in the batch.
//! use chunk
//! use layer
//! use finite
@group(0) @binding(0) var<uniform> layer: Layer;
@group(0) @binding(1) var<uniform> chunk: Chunk;
@group(0) @binding(2) var<storage, read> parameters: array<vec4f>;
@group(0) @binding(3) var<storage, read> x: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> y: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> flags: array<atomic<u32>>;

fn activate(z: vec4f) -> vec4f {
  if (layer.activation == 1u) { return max(z, vec4f()); }
  // tanh may be computed as sinh/cosh, which overflows; beyond ±10 it is ±1 in f32 anyway.
  if (layer.activation == 2u) { return tanh(clamp(z, vec4f(-10.0), vec4f(10.0))); }
  return z;
}

@compute @workgroup_size(64)
fn forward(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let thread = thread_of(id, groups);
  let column4 = thread % layer.outputs4;
  let row = thread / layer.outputs4 * 4u;
  if (row >= chunk.rows) { return; }

  var z0 = vec4f(); var z1 = vec4f(); var z2 = vec4f(); var z3 = vec4f();
  var at = row * layer.inputs4;
  var w = layer.offset4 + column4;
  for (var k = 0u; k < layer.inputs4; k++) {
    let w0 = parameters[w];
    let w1 = parameters[w + layer.outputs4];
    let w2 = parameters[w + 2u * layer.outputs4];
    let w3 = parameters[w + 3u * layer.outputs4];
    let x0 = x[at];
    let x1 = x[at + layer.inputs4];
    let x2 = x[at + 2u * layer.inputs4];
    let x3 = x[at + 3u * layer.inputs4];
    z0 += x0.x * w0 + x0.y * w1 + x0.z * w2 + x0.w * w3;
    z1 += x1.x * w0 + x1.y * w1 + x1.z * w2 + x1.w * w3;
    z2 += x2.x * w0 + x2.y * w1 + x2.z * w2 + x2.w * w3;
    z3 += x3.x * w0 + x3.y * w1 + x3.z * w2 + x3.w * w3;
    at += 1u;
    w += 4u * layer.outputs4;
  }
  // Before the activation: relu may turn a NaN into 0, tanh an infinity into 1.
  if (not_finite(z0) || not_finite(z1) || not_finite(z2) || not_finite(z3)) {
    atomicOr(&flags[layer.index], FORWARD_OVERFLOW);
  }
  // The column of ones of the next layer; the last layer has no next one.
  let columns = column4 * 4u + vec4u(0u, 1u, 2u, 3u);
  let ones = (columns == vec4u(layer.outputs)) & vec4<bool>(layer.activation != 0u);
  let out = row * layer.outputs4 + column4;
  y[out] = select(activate(z0), vec4f(1.0), ones);
  y[out + layer.outputs4] = select(activate(z1), vec4f(1.0), ones);
  y[out + 2u * layer.outputs4] = select(activate(z2), vec4f(1.0), ones);
  y[out + 3u * layer.outputs4] = select(activate(z3), vec4f(1.0), ones);
}
