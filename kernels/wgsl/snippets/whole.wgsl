// The whole number nearest to v, |v| < 2²³. round(), which of two prefers the even one, takes ten instructions on a
// processor. Not a half is added but the number before it, as 0.49999997 + 0.5 is 1 in f32.
fn whole(v: f32) -> f32 {
  return floor(v + 0x1.fffffep-2f);
}

fn wholes(v: vec4f) -> vec4f {
  return floor(v + 0x1.fffffep-2f);
}
