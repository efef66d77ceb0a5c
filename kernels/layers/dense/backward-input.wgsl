// dense/backward-input: gx = (g·Wᵀ) ⊙ activation′(x), the gradient by the pre-activations of the layer below
// g [rows · POSITIONS, A_STRIDE] f32   Wᵀ [OUTPUTS, X_STRIDE] f32   x, gx [rows · POSITIONS, X_STRIDE] f32
// grid: one quad a tile, see snippets/tile.wgsl and snippets/product.wgsl. Beyond g's columns stand zeros.
//! use chunk
//! use tile
//! use activation
//! use finite
override A_STRIDE: u32;
override DEPTH4: u32;      // quads of a row of g that hold gradients
override INPUTS: u32;
override X_STRIDE: u32;
override POSITIONS: u32;   // rows of g and x for each row of the micro-batch
override LAYER: u32;       // below
override B_STRIDE = X_STRIDE;
@group(0) @binding(0) var<uniform> chunk: Chunk;
@group(0) @binding(1) var<storage, read> transposed: array<f32>;
@group(0) @binding(2) var<storage, read> x: array<f32>;
@group(0) @binding(3) var<storage, read> g: array<f32>;
@group(0) @binding(4) var<storage, read_write> gx: array<f32>;
@group(0) @binding(5) var<storage, read_write> flags: array<atomic<u32>>;

@compute @workgroup_size(GROUP)
fn backward_input(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let thread = thread_of(id, groups, GROUP);
  let tile = tile_of(thread, INPUTS);
  if (tile.row >= chunk.rows * POSITIONS) { return; }
  let lane = thread % 4u;

  var z_{row}_{column} = 0.0;
  var at = tile.row * A_STRIDE;
  var w = tile.column;
  //! insert product a=g b=transposed

  var worst = 0u;
  //! each column
  {
    let column = tile.column + {column}u * 4u;
    // The column of ones is no unit: nothing flows back into it.
    if (column < INPUTS) {
      let out = tile.row * X_STRIDE + column;
      //! if none
      let g_{row} = z_{row}_{column};
      //! else
      let g_{row} = z_{row}_{column} * slope(x[out + {row}u * X_STRIDE]);
      //! end
      worst = max(worst, select(0u, bits_of(g_{row}), tile.row + {row}u < chunk.rows * POSITIONS));
      gx[out + {row}u * X_STRIDE] = g_{row};
    }
  }
  //! end
  if (worst >= INFINITE) { atomicOr(&flags[LAYER], BACKWARD_OVERFLOW); }
}
