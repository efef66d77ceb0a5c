// The whole number nearest to v, |v| ≤ 2²². With `shifts`, where the adapter is known to round sums to the nearest (see
// ../../private-sum/rounding.ts), by two additions, and of two it is the even one. Both shifts are one number, but come
// from outside: a compiler that saw so might take it off again at once, and the rounding with it. Nor may it bring both
// together first, as WGSL lets it order sums: abs stands between, and changes nothing, as v + up is never below 2²³.
// Where several are added up it might still leave `up` in the sum for long: an adapter that does so is found out, too.
// Otherwise by what is above the whole number below, which has no rounding of its own; half a number added first would
// have one, from 2²¹ on of a quarter. round() takes ten instructions on a processor.
fn whole(v: f32) -> f32 {
  //! if shifts
  return abs(v + chunk.up) - chunk.down;
  //! else
  let below = floor(v);
  return below + select(0.0, 1.0, v - below >= 0.5);
  //! end
}

fn wholes(v: vec4f) -> vec4f {
  //! if shifts
  return abs(v + chunk.up) - chunk.down;
  //! else
  let below = floor(v);
  return below + select(vec4f(), vec4f(1.0), v - below >= vec4f(0.5));
  //! end
}
