// dense/backward-input: gx = (g·Wᵀ) ⊙ activation′(x), the gradient by the pre-activations of the layer below; with
// `adding` to what others have put there
// g [lines, A_STRIDE] f32   W [inputs + 1, OUTPUTS] f32 at OFFSET of parameters
// x, gx [lines, X_STRIDE] f32
// With `many`, W is the row's own model's.
// grid: one quad a tile, see snippets/tile.wgsl and snippets/product.wgsl. Beyond g's columns stand zeros.
//! use chunk
//! use tile
//! use models
//! use lines
//! if to4
//! insert activation type=vec4f
//! else
//! insert activation type=f32
//! end
//! use finite
override A_STRIDE: u32;
override DEPTH4: u32;  // quads of a row of the left matrix that hold numbers
override OFFSET: u32;
override INPUTS: u32;
override OUTPUTS: u32;
override X_STRIDE: u32;
override LAYER: u32;       // below
override A_STEP = 1u;
override B_DOWN = 1u;
override B_ACROSS = OUTPUTS;
@group(0) @binding(0) var<uniform> chunk: Chunk;
//! if b4
@group(0) @binding(1) var<storage, read> parameters: array<vec4f>;
//! else
@group(0) @binding(1) var<storage, read> parameters: array<f32>;
//! end
//! if to4
@group(0) @binding(2) var<storage, read> x: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> gx: array<vec4f>;
//! else
@group(0) @binding(2) var<storage, read> x: array<f32>;
@group(0) @binding(4) var<storage, read_write> gx: array<f32>;
//! end
@group(0) @binding(3) var<storage, read> g: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> flags: array<atomic<u32>>;

fn row_at(base: u32, row: u32) -> u32 {
  return row * A_STRIDE;
}

@compute @workgroup_size(GROUP)
fn backward_input(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let thread = thread_of(id, groups, GROUP);
  let tile = tile_of(thread, INPUTS);
  if (tile.row >= line_count()) { return; }
  let lane = thread % 4u;
  let depth = DEPTH4;

  var z_{quad}_{four}_{block}_{part} = 0.0;
  let base = 0u;
  var w = OFFSET + model_of(tile.row) + tile.column * B_ACROSS;
  //! insert product a=g b=parameters

  var worst = 0u;
  let row_{four} = tile.row + row_of({four}u, lane);
  let inside_{quad}_{four} = row_{four} + {quad}u * 4u < line_count();
  // The column of ones is no unit: nothing flows back into it.
  //! if to4
  //! each block
  if (tile.column + {block}u * ACROSS < INPUTS) {
    //! each quad
    //! each four
    {
      let out = ((row_{four} + {quad}u * 4u) * X_STRIDE + tile.column + {block}u * ACROSS) >> 2u;
      let z = vec4f(z_{quad}_{four}_{block}_0, z_{quad}_{four}_{block}_1, z_{quad}_{four}_{block}_2,
        z_{quad}_{four}_{block}_3);
      //! if none
      let back = z;
      //! else
      let back = z * slope(x[out]);
      //! end
      worst = max(worst, select(0u, worst_of(back), inside_{quad}_{four}));
      //! if adding
      gx[out] += back;
      //! else
      gx[out] = back;
      //! end
    }
    //! end
    //! end
  }
  //! end
  //! else
  //! each block
  //! each part
  if (tile.column + {block}u * ACROSS + {part}u < INPUTS) {
    let column = tile.column + {block}u * ACROSS + {part}u;
    //! each quad
    //! each four
    {
      let out = (row_{four} + {quad}u * 4u) * X_STRIDE + column;
      //! if none
      let back = z_{quad}_{four}_{block}_{part};
      //! else
      let back = z_{quad}_{four}_{block}_{part} * slope(x[out]);
      //! end
      worst = max(worst, select(0u, bits_of(back), inside_{quad}_{four}));
      //! if adding
      gx[out] += back;
      //! else
      gx[out] = back;
      //! end
    }
    //! end
    //! end
  }
  //! end
  //! end
  //! end
  if (worst >= INFINITE) { atomicOr(&flags[LAYER], BACKWARD_OVERFLOW); }
}
