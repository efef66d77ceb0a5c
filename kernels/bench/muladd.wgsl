// bench/muladd: multiply-adds in registers and nothing else
// out [threads] f32
// grid: one thread 8 independent chains of vec4, 256 rounds; 8 so that no addition waits for the one before.
@group(0) @binding(0) var<storage, read_write> out: array<f32>;

@compute @workgroup_size(64)
fn muladd(@builtin(global_invocation_id) id: vec3u) {
  let x = vec4f(f32(id.x) * 1e-9 + 0.999);
  let y = vec4f(f32(id.x & 3u) * 1e-3);
  var a = x; var b = x + 1.0; var c = x + 2.0; var d = x + 3.0;
  var e = x + 4.0; var f = x + 5.0; var g = x + 6.0; var h = x + 7.0;
  for (var i = 0u; i < 256u; i++) {
    a = a * x + y; b = b * x + y; c = c * x + y; d = d * x + y;
    e = e * x + y; f = f * x + y; g = g * x + y; h = h * x + y;
  }
  out[id.x] = dot(a + b + c + d + e + f + g + h, vec4f(1.0));
}
