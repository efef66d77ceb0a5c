// dense/plain-gradient: gradient[slice] += Σ a ⊗ g over the slice's rows, as they are (or = without `adding`); with
// `many`, each model's rows are slices of their own, and with `each` the lines of each row of the micro-batch
// With `descends` they are all of the batch's rows, and the parameters take their step along scale · Σ at once.
// left, right: a [lines, stride] and g [lines, stride] f32, see snippets/outer.wgsl
// gradient [slices, SLICE_STRIDE] f32
// grid: one quad a tile and a slice of SLICE rows, which are added in their order.
//! use chunk
//! use tile
//! use outer
//! use picked
//! use spans
override SLICE_STRIDE: u32;
@group(0) @binding(0) var<uniform> chunk: Chunk;
//! if left4
@group(0) @binding(1) var<storage, read> left: array<vec4f>;
//! else
@group(0) @binding(1) var<storage, read> left: array<f32>;
//! end
//! if fours
@group(0) @binding(2) var<storage, read> right: array<vec4f>;
//! else
@group(0) @binding(2) var<storage, read> right: array<f32>;
//! end
//! if picks
@group(0) @binding(3) var<storage, read> batch: array<u32>;
//! end
//! if packed
@group(0) @binding(3) var<storage, read> spans: array<vec2u>;
//! end
//! if descends
//! if to4
@group(0) @binding(4) var<storage, read_write> parameters: array<vec4f>;
//! insert descent type=vec4f anchor=5 first=6 second=7
//! else
@group(0) @binding(4) var<storage, read_write> parameters: array<f32>;
//! insert descent type=f32 anchor=5 first=6 second=7
//! end
//! else
//! if to4
@group(0) @binding(4) var<storage, read_write> gradient: array<vec4f>;
//! else
@group(0) @binding(4) var<storage, read_write> gradient: array<f32>;
//! end
//! end

fn share_of(row: u32) -> f32 {
  return 1.0;
}

fn term(v: f32) -> f32 {
  return v;
}

@compute @workgroup_size(GROUP)
fn plain_gradient(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let thread = thread_of(id, groups, GROUP);
  let slice = thread / 4u / outer_tiles();
  //! if many
  let each = (chunk.room + SLICE - 1u) / SLICE;
  let start = slice / each * chunk.room;
  let first = start + slice % each * SLICE;
  if (first >= chunk.rows) { return; }
  let end = min(first + SLICE, start + chunk.room);
  //! else
  //! if each
  if (slice >= chunk.rows) { return; }
  let first = first_of(slice);
  let end = first + count_of(slice);
  //! else
  let first = slice * SLICE;
  if (first >= line_count()) { return; }
  let end = min(first + SLICE, line_count());
  //! end
  //! end
  let tile = tile_of(thread - slice * 4u * outer_tiles(), RIGHT_WIDTH);
  let lane = thread % 4u;

  var s_{quad}_{four}_{block}_{part} = 0.0;
  //! insert outer-sum
  //! each quad
  //! each four
  {
    let row = tile.row + left_of({quad}u, {four}u, lane);
    if (row < LEFT_WIDTH) {
      let to = slice * SLICE_STRIDE + place_of(row, tile.column);
      //! each block
      //! if to4
      if (tile.column + {block}u * ACROSS < RIGHT_WIDTH) {
        let own = vec4f(s_{quad}_{four}_{block}_0, s_{quad}_{four}_{block}_1, s_{quad}_{four}_{block}_2,
          s_{quad}_{four}_{block}_3);
        //! if descends
        descend_by((to >> 2u) + {block}u * 4u, (to >> 2u) + {block}u * 4u, chunk.scale * own);
        //! else
        //! if adding
        gradient[(to >> 2u) + {block}u * 4u] += own;
        //! else
        gradient[(to >> 2u) + {block}u * 4u] = own;
        //! end
        //! end
      }
      //! else
      //! each part
      if (tile.column + {block}u * ACROSS + {part}u < RIGHT_WIDTH) {
        let place = to + ({block}u * ACROSS + {part}u) * RIGHT_STEP;
        //! if descends
        descend_by(place, place, chunk.scale * s_{quad}_{four}_{block}_{part});
        //! else
        //! if adding
        gradient[place] += s_{quad}_{four}_{block}_{part};
        //! else
        gradient[place] = s_{quad}_{four}_{block}_{part};
        //! end
        //! end
      }
      //! end
      //! end
      //! end
    }
  }
  //! end
  //! end
}
