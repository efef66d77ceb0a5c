// tiles/quads: who[thread] = the four threads that its quad hands round
// who [GROUP, 4] u32      grid: one group
override GROUP: u32;
@group(0) @binding(0) var<storage, read_write> who: array<u32>;

@compute @workgroup_size(GROUP)
fn quads(@builtin(local_invocation_index) thread: u32) {
  //! each step
  who[thread * 4u + {step}u] = quadBroadcast(thread, {step}u);
  //! end
}
