// WGSL may assume that no NaN or infinity exists and fold `x != x` away (WGSL §15.7.2), so the bits are looked at:
// all ones in the exponent is an infinity or a NaN.
const FORWARD_OVERFLOW = 1u;
const BACKWARD_OVERFLOW = 2u;
const NORM_OVERFLOW = 4u;

fn not_finite(v: vec4f) -> bool {
  let exponent = vec4u(0x7f800000u);
  return any((bitcast<vec4u>(v) & exponent) == exponent);
}
