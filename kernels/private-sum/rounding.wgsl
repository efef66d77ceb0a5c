// private-sum/rounding: whole[i] = abs(values[i] + up) − down, as snippets/whole.wgsl does it
// values, whole [GROUP] f32   shift: up and down, which are one number, as a compiler must not know   grid: one group
override GROUP: u32;
struct Shift {
  up: f32,
  down: f32,
}
@group(0) @binding(0) var<uniform> shift: Shift;
@group(0) @binding(1) var<storage, read> values: array<f32>;
@group(0) @binding(2) var<storage, read_write> whole: array<f32>;

@compute @workgroup_size(GROUP)
fn rounding(@builtin(local_invocation_index) i: u32) {
  whole[i] = abs(values[i] + shift.up) - shift.down;
}
