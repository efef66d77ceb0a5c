// tiles/quads: who[thread] = itself, and the three that its quad's swaps bring it
// who [GROUP, 4] u32      grid: one group
override GROUP: u32;
@group(0) @binding(0) var<storage, read_write> who: array<u32>;

@compute @workgroup_size(GROUP)
fn quads(@builtin(local_invocation_index) thread: u32) {
  who[thread * 4u] = thread;
  who[thread * 4u + 1u] = quadSwapX(thread);
  who[thread * 4u + 2u] = quadSwapY(thread);
  who[thread * 4u + 3u] = quadSwapDiagonal(thread);
}
