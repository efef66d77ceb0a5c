// attend/product: c = SCALE · a·b for every head of every row, each a matrix within larger buffers
// a [HEIGHT, 4·DEPTH4] at row · A_ROW + head · A_HEAD + A_OFFSET, its numbers A_STRIDE apart down and A_STEP along
// b [4·DEPTH4, WIDTH] likewise, B_DOWN and B_ACROSS; c [HEIGHT, WIDTH], C_STRIDE down
// grid: one quad a tile of a head of a row, see snippets/tile.wgsl and product.wgsl. Beyond the depth a has zeros, or
// there is nothing beyond.
//! use chunk
//! use tile
override HEADS: u32;
override HEIGHT: u32;
override WIDTH: u32;
override DEPTH4: u32;
override SCALE: f32;
override A_ROW: u32;
override A_HEAD: u32;
override A_OFFSET: u32;
override A_STRIDE: u32;
override A_STEP: u32;
override B_ROW: u32;
override B_HEAD: u32;
override B_OFFSET: u32;
override B_DOWN: u32;
override B_ACROSS: u32;
override C_ROW: u32;
override C_HEAD: u32;
override C_OFFSET: u32;
override C_STRIDE: u32;
override TILES: u32;  // of a head
@group(0) @binding(0) var<uniform> chunk: Chunk;
//! if a4
@group(0) @binding(1) var<storage, read> a: array<vec4f>;
//! else
@group(0) @binding(1) var<storage, read> a: array<f32>;
//! end
//! if b4
@group(0) @binding(2) var<storage, read> b: array<vec4f>;
//! else
@group(0) @binding(2) var<storage, read> b: array<f32>;
//! end
//! if to4
@group(0) @binding(3) var<storage, read_write> c: array<vec4f>;
//! else
@group(0) @binding(3) var<storage, read_write> c: array<f32>;
//! end

fn row_at(base: u32, row: u32) -> u32 {
  return base + row * A_STRIDE;
}

@compute @workgroup_size(GROUP)
fn product(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let thread = thread_of(id, groups, GROUP);
  let one = thread / 4u / TILES;
  let row = one / HEADS;
  if (row >= chunk.rows) { return; }
  let head = one - row * HEADS;
  let tile = tile_of(thread - one * 4u * TILES, WIDTH);
  let lane = thread % 4u;

  var z_{quad}_{four}_{block}_{part} = 0.0;
  let base = row * A_ROW + head * A_HEAD + A_OFFSET;
  let depth = DEPTH4;
  var w = row * B_ROW + head * B_HEAD + B_OFFSET + tile.column * B_ACROSS;
  //! insert product a=a b=b

  let to = row * C_ROW + head * C_HEAD + C_OFFSET + tile.column;
  //! each quad
  //! each four
  {
    let down = tile.row + {quad}u * 4u + row_of({four}u, lane);
    if (down < HEIGHT) {
      //! each block
      //! if to4
      if (tile.column + {block}u * ACROSS < WIDTH) {
        c[(to + down * C_STRIDE + {block}u * ACROSS) >> 2u] = SCALE * vec4f(z_{quad}_{four}_{block}_0,
          z_{quad}_{four}_{block}_1, z_{quad}_{four}_{block}_2, z_{quad}_{four}_{block}_3);
      }
      //! else
      //! each part
      if (tile.column + {block}u * ACROSS + {part}u < WIDTH) {
        c[to + down * C_STRIDE + {block}u * ACROSS + {part}u] = SCALE * z_{quad}_{four}_{block}_{part};
      }
      //! end
      //! end
      //! end
    }
  }
  //! end
  //! end
}
