// Where lines are whole fours, a thread has four numbers side by side, and all distances are in fours; otherwise one.
//! if fours
alias Numbers = vec4f;
alias Places = vec4u;
const SIDE_BY_SIDE = 4u;

fn total_of(v: Numbers) -> f32 {
  return v.x + v.y + v.z + v.w;
}
//! else
alias Numbers = f32;
alias Places = u32;
const SIDE_BY_SIDE = 1u;

fn total_of(v: Numbers) -> f32 {
  return v;
}
//! end
