// dense/forward: y = activation(x·W), the bias being the row of W that meets x's column of ones; with `begins`, where
// x's numbers are whole fours, the sum begins with it instead, which spares a turn that would add it and three zeros
// x [lines, A_STRIDE] f32, or all rows with `picks`, of which batch [*] u32 has the micro-batch's
// W [inputs + 1, OUTPUTS] f32 at OFFSET of parameters
// y [lines, Y_STRIDE] f32
// With `many`, W is the row's own model's.
// grid: one quad a tile, see snippets/tile.wgsl and product.wgsl. Beyond x's columns stand zeros, so what W has
// beyond its own rows there is added zero times; y's own such columns are never written (memory.ts lays them out).
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
//! use picked
override A_STRIDE: u32;
override DEPTH4: u32;  // quads of a row of the left matrix that hold numbers
override OFFSET: u32;
override INPUTS: u32;
override OUTPUTS: u32;
override Y_STRIDE: u32;
override LAYER: u32;
override A_STEP = 1u;
override B_DOWN = OUTPUTS;
override B_ACROSS = 1u;
@group(0) @binding(0) var<uniform> chunk: Chunk;
//! if b4
@group(0) @binding(1) var<storage, read> parameters: array<vec4f>;
//! else
@group(0) @binding(1) var<storage, read> parameters: array<f32>;
//! end
@group(0) @binding(2) var<storage, read> x: array<vec4f>;
//! if to4
@group(0) @binding(3) var<storage, read_write> y: array<vec4f>;
//! else
@group(0) @binding(3) var<storage, read_write> y: array<f32>;
//! end
@group(0) @binding(4) var<storage, read_write> flags: array<atomic<u32>>;
//! if picks
@group(0) @binding(5) var<storage, read> batch: array<u32>;
//! end

fn row_at(base: u32, row: u32) -> u32 {
  return picked(row) * A_STRIDE;
}

@compute @workgroup_size(GROUP)
fn forward(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let thread = thread_of(id, groups, GROUP);
  let tile = tile_of(thread, OUTPUTS);
  if (tile.row >= line_count()) { return; }
  let lane = thread % 4u;
  let depth = DEPTH4;

  let base = 0u;
  var w = OFFSET + model_of(tile.row) + tile.column;
  //! if begins
  let bias = w + INPUTS * OUTPUTS;
  //! if b4
  let b_{block} = parameters[(bias >> 2u) + {block}u * 4u];
  //! each block
  let b_{block}_0 = b_{block}.x;
  let b_{block}_1 = b_{block}.y;
  let b_{block}_2 = b_{block}.z;
  let b_{block}_3 = b_{block}.w;
  //! end
  //! else
  let b_{block}_{part} = parameters[bias + {block}u * ACROSS + {part}u];
  //! end
  var z_{quad}_{four}_{block}_{part} = b_{block}_{part};
  //! else
  var z_{quad}_{four}_{block}_{part} = 0.0;
  //! end
  //! insert product a=x b=parameters

  // Before the activation: relu may turn a NaN into 0, tanh an infinity into 1.
  var worst = 0u;
  let row_{four} = tile.row + row_of({four}u, lane);
  let inside_{quad}_{four} = row_{four} + {quad}u * 4u < line_count();
  //! if to4
  //! each block
  if (tile.column + {block}u * ACROSS < OUTPUTS) {
    //! each quad
    //! each four
    {
      let z = vec4f(z_{quad}_{four}_{block}_0, z_{quad}_{four}_{block}_1, z_{quad}_{four}_{block}_2,
        z_{quad}_{four}_{block}_3);
      worst = max(worst, select(0u, worst_of(z), inside_{quad}_{four}));
      y[((row_{four} + {quad}u * 4u) * Y_STRIDE + tile.column + {block}u * ACROSS) >> 2u] = activate(z);
    }
    //! end
    //! end
  }
  //! end
  //! else
  //! each block
  //! each part
  if (tile.column + {block}u * ACROSS + {part}u < OUTPUTS) {
    let column = tile.column + {block}u * ACROSS + {part}u;
    //! each quad
    //! each four
    worst = max(worst, select(0u, bits_of(z_{quad}_{four}_{block}_{part}), inside_{quad}_{four}));
    y[(row_{four} + {quad}u * 4u) * Y_STRIDE + column] = activate(z_{quad}_{four}_{block}_{part});
    //! end
    //! end
  }
  //! end
  //! end
  //! end
  if (worst >= INFINITE) { atomicOr(&flags[LAYER], FORWARD_OVERFLOW); }
}
