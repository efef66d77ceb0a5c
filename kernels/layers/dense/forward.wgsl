// dense/forward: y = activation(x·W), the bias being the row of W that meets x's column of ones
// x [rows · POSITIONS, A_STRIDE] f32   W [inputs + 1, OUTPUTS] f32 at OFFSET of parameters
// y [rows · POSITIONS, Y_STRIDE] f32
// With `many`, W is the row's own model's.
// grid: one quad a tile, see snippets/tile.wgsl and product.wgsl. Beyond x's columns stand zeros, so what W has
// beyond its own rows there is added zero times; y's own such columns are never written (memory.ts lays them out).
//! use chunk
//! use tile
//! use models
//! use depth
//! use activation
//! use finite
override A_STRIDE: u32;
override OFFSET: u32;
override OUTPUTS: u32;
override Y_STRIDE: u32;
override LAYER: u32;
override A_STEP = 1u;
override B_DOWN = OUTPUTS;
override B_ACROSS = 1u;
@group(0) @binding(0) var<uniform> chunk: Chunk;
@group(0) @binding(1) var<storage, read> parameters: array<f32>;
@group(0) @binding(2) var<storage, read> x: array<f32>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;
@group(0) @binding(4) var<storage, read_write> flags: array<atomic<u32>>;
//! if skips
@group(0) @binding(5) var<storage, read> lengths: array<u32>;
//! end

@compute @workgroup_size(GROUP)
fn forward(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let thread = thread_of(id, groups, GROUP);
  let tile = tile_of(thread, OUTPUTS);
  if (tile.row >= chunk.rows * POSITIONS) { return; }
  let lane = thread % 4u;
  let depth = depth_of(tile.row);

  var z_{quad}_{four}_{column} = 0.0;
  var at = (tile.row + row_of(0u, lane)) * A_STRIDE;
  var w = OFFSET + model_of(tile.row) + tile.column;
  //! insert product a=x b=parameters

  // Before the activation: relu may turn a NaN into 0, tanh an infinity into 1.
  var worst = 0u;
  let row_{four} = tile.row + row_of({four}u, lane);
  let inside_{quad}_{four} = row_{four} + {quad}u * 4u < chunk.rows * POSITIONS;
  //! each column
  if (tile.column + {column}u * 4u < OUTPUTS) {
    //! each quad
    //! each four
    worst = max(worst, select(0u, bits_of(z_{quad}_{four}_{column}), inside_{quad}_{four}));
    y[(row_{four} + {quad}u * 4u) * Y_STRIDE + tile.column + {column}u * 4u] = activate(z_{quad}_{four}_{column});
    //! end
    //! end
  }
  //! end
  if (worst >= INFINITE) { atomicOr(&flags[LAYER], FORWARD_OVERFLOW); }
}
