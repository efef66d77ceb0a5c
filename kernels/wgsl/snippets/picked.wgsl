// Of all rows, the one that is the micro-batch's `row`-th. With `picks` a kernel reads it from among all rows, which
// spares the copy that gather.wgsl makes; `batch` is the kernel's own binding.
fn picked(row: u32) -> u32 {
  //! if picks
  return batch[chunk.first + row];
  //! else
  return row;
  //! end
}
