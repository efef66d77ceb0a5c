// dense/clipped-sum: sum += Σ_rows round(factor · a ⊗ g), in integers from the first addition on
// With `descends` they are all of the batch's rows, and the parameters take their step along scale · Σ at once.
// left, right: a [rows, stride] and g [rows, stride] f32, see snippets/outer.wgsl   factors [rows] f32
// sum [parameters] i32
//
// Why integers: float addition rounds, and how it rounds depends on what was added before. A float sum with one row
// more may differ from the sum without it by far more than that row's clipped gradient, and the sensitivity the noise
// is scaled to would be wrong (Mironov 2012; Casacuberta et al. 2022, "Widespread underestimation of sensitivity").
// Here each row's contribution to each coordinate is first rounded to the grid of 1/unit, by arithmetic that sees that
// row alone, and integers are added exactly. So a batch's sum *is* the sum of one integer vector a row, each with
//     ‖v‖₂ ≤ unit·norm + ½√P     (clipping, then at most ½ a coordinate by rounding to nearest)
// and adding or removing a row changes it by exactly that row's vector. No order of summation, size of micro-batch or
// place in the batch can change a bit of it. The engine refuses batches that could leave 32 bits.
//
// A float holds the sum of whole numbers exactly as long as their sizes add up to 2²⁴ at most, and floats are added
// fastest everywhere. So a slice, which is added up in floats, has `chunk.exact` rows at most.
//
// grid: one quad a tile and a slice of up to SLICE rows. No row's gradient is ever in memory: tiles live in registers.
// Slices meet in integer atomics, whose order cannot matter.
//! use chunk
//! use tile
//! use outer
//! use picked
//! use whole
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
@group(0) @binding(4) var<storage, read> factors: array<f32>;
//! if descends
//! if to4
@group(0) @binding(5) var<storage, read_write> parameters: array<vec4f>;
//! insert descent type=vec4f anchor=6 first=7 second=8
//! else
@group(0) @binding(5) var<storage, read_write> parameters: array<f32>;
//! insert descent type=f32 anchor=6 first=7 second=8
//! end
//! else
@group(0) @binding(5) var<storage, read_write> sum: array<atomic<i32>>;
//! end

fn share_of(row: u32) -> f32 {
  return factors[row];
}

fn term(v: f32) -> f32 {
  return whole(v);
}

@compute @workgroup_size(GROUP)
fn clipped_sum(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let thread = thread_of(id, groups, GROUP);
  let size = min(SLICE, chunk.exact);
  let slice = thread / 4u / outer_tiles();
  let first = slice * size;
  if (first >= chunk.rows) { return; }
  let end = min(first + size, chunk.rows);
  let tile = tile_of(thread - slice * 4u * outer_tiles(), RIGHT_WIDTH);
  let lane = thread % 4u;

  var s_{quad}_{four}_{block}_{part} = 0.0;
  //! insert outer-sum
  //! each quad
  //! each four
  {
    let row = tile.row + left_of({quad}u, {four}u, lane);
    if (row < LEFT_WIDTH) {
      let to = place_of(row, tile.column);
      //! each block
      //! if to4
      if (tile.column + {block}u * ACROSS < RIGHT_WIDTH) {
        let own = vec4f(s_{quad}_{four}_{block}_0, s_{quad}_{four}_{block}_1, s_{quad}_{four}_{block}_2,
          s_{quad}_{four}_{block}_3);
        descend_by((to >> 2u) + {block}u * 4u, (to >> 2u) + {block}u * 4u, chunk.scale * own);
      }
      //! else
      //! each part
      if (tile.column + {block}u * ACROSS + {part}u < RIGHT_WIDTH) {
        let place = to + ({block}u * ACROSS + {part}u) * RIGHT_STEP;
        //! if descends
        descend_by(place, place, chunk.scale * s_{quad}_{four}_{block}_{part});
        //! else
        atomicAdd(&sum[place], i32(s_{quad}_{four}_{block}_{part}));
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
