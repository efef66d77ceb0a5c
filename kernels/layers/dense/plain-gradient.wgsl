// dense/plain-gradient: gradient[slice] += Σ a ⊗ g over the slice's rows, as they are (or = without `adding`); with
// `many`, each model's rows are slices of their own
// left, right: a [rows, stride] and g [rows, stride] f32, see snippets/outer.wgsl   gradient [slices, PARAMETERS] f32
// grid: one quad a tile and a slice of SLICE rows, which are added in their order.
//! use chunk
//! use tile
//! use outer
override PARAMETERS: u32;  // from slice to slice
override POSITIONS: u32;   // rows of a and g for each row of the micro-batch
@group(0) @binding(0) var<uniform> chunk: Chunk;
@group(0) @binding(1) var<storage, read> left: array<f32>;
@group(0) @binding(2) var<storage, read> right: array<f32>;
@group(0) @binding(3) var<storage, read_write> gradient: array<f32>;

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
  let first = slice * SLICE;
  let rows = chunk.rows * POSITIONS;
  if (first >= rows) { return; }
  let end = min(first + SLICE, rows);
  //! end
  let tile = tile_of(thread - slice * 4u * outer_tiles(), RIGHT_WIDTH);
  let lane = thread % 4u;

  var s_{quad}_{four}_{column} = 0.0;
  //! insert outer-sum
  //! each quad
  //! each four
  {
    let row = tile.row + {quad}u * 4u + row_of({four}u, lane);
    if (row < LEFT_WIDTH) {
      let to = slice * PARAMETERS + place_of(row, tile.column);
      //! each column
      if (tile.column + {column}u * 4u < RIGHT_WIDTH) {
        //! if adding
        gradient[to + {column}u * 4u * RIGHT_STEP] += s_{quad}_{four}_{column};
        //! else
        gradient[to + {column}u * 4u * RIGHT_STEP] = s_{quad}_{four}_{column};
        //! end
      }
      //! end
    }
  }
  //! end
  //! end
}
