// attend/product: c = SCALE · a·b for every head of every row, each a matrix within larger buffers
// a [tokens, depth] at first · A_ROW + head · A_HEAD + A_OFFSET, its numbers A_STRIDE apart down and A_STEP along;
// first is the row's first line, or of squares the row itself
// b [depth, WIDTH] likewise, B_DOWN and B_ACROSS; c [tokens, WIDTH], C_STRIDE down
// With `deep` the depth is of tokens, otherwise the width is: of each row no more of them are computed than it has, in
// whole quads.
// grid: one quad a tile of a head of a row, see snippets/tile.wgsl and product.wgsl. Beyond the depth a has zeros, or
// there is nothing beyond.
//! use chunk
//! use tile
//! use spans
override HEADS: u32;
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
//! if packed
@group(0) @binding(4) var<storage, read> spans: array<vec2u>;
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
  let quads = (count_of(row) + 3u) / 4u;
  if (tile.row >= 4u * quads) { return; }
  //! if deep
  let depth = min(quads, DEPTH4);
  //! else
  if (tile.column - lane * PARTS >= 4u * quads) { return; }
  let depth = DEPTH4;
  //! end
  //! if a_square
  let a_first = row;
  //! else
  let a_first = first_of(row);
  //! end
  //! if b_square
  let b_first = row;
  //! else
  let b_first = first_of(row);
  //! end
  //! if c_square
  let c_first = row;
  //! else
  let c_first = first_of(row);
  //! end

  var z_{quad}_{four}_{block}_{part} = 0.0;
  let base = a_first * A_ROW + head * A_HEAD + A_OFFSET;
  var w = b_first * B_ROW + head * B_HEAD + B_OFFSET + tile.column * B_ACROSS;
  //! insert product a=a b=b

  let to = c_first * C_ROW + head * C_HEAD + C_OFFSET + tile.column;
  //! each quad
  //! each four
  {
    let down = tile.row + {quad}u * 4u + row_of({four}u, lane);
    if (down < span_of(row)) {
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
