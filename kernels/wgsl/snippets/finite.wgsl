// WGSL may assume that no NaN or infinity exists and fold `x != x` away (WGSL §15.7.2), so the bits are looked at:
// all ones in the exponent is an infinity or a NaN.
const FORWARD_OVERFLOW = 1u;
const BACKWARD_OVERFLOW = 2u;
const NORM_OVERFLOW = 4u;

// Patterns order the absolute values, with infinity and NaN last.
const INFINITE = 0x7f800000u;

fn bits_of(v: f32) -> u32 {
  return bitcast<u32>(v) & 0x7fffffffu;
}

fn worst_of(v: vec4f) -> u32 {
  let bits = bitcast<vec4u>(v) & vec4u(0x7fffffffu);
  return max(max(bits.x, bits.y), max(bits.z, bits.w));
}
