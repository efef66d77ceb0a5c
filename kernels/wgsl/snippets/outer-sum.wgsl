// insert outer-sum: s[row][column] += term(left · right · share_of(row)) over the rows first … end − 1, in order, and
// as many terms of 0 as make the rows a multiple of 4. `share_of` and `term` are the kernel's own.
// With `lone` the last tile has one row, that of ones: it adds up `right` alone, in a loop of its own, since a branch
// within the long one would cost more than it spares.
//! if lone
let whole_tile = tile.row + 1u < LEFT_WIDTH;
for (var row = select(first, end, whole_tile); row < end; row += 4u) {
  //! insert outer-right
  //! each four
  //! each block
  //! each part
  s_0_{four}_{block}_{part} = (((s_0_{four}_{block}_{part} + term(v_0_{block}_{part})) + term(v_1_{block}_{part}))
    + term(v_2_{block}_{part})) + term(v_3_{block}_{part});
  //! end
  //! end
  //! end
}
for (var row = select(end, first, whole_tile); row < end; row += 4u) {
//! else
for (var row = first; row < end; row += 4u) {
//! end
  //! insert outer-right
  //! each step
  //! if turned
  let at_{step} = row_{step} * LEFT_STRIDE + tile.row;
  //! else
  let at_{step} = own_{step} * LEFT_STRIDE + tile.row;
  //! end
  //! if quads
  //! if left4
  let u_{step} = left[(at_{step} >> 2u) + lane];
  let u_0_0_{step} = u_{step}.x;
  let u_1_0_{step} = u_{step}.y;
  let u_2_0_{step} = u_{step}.z;
  let u_3_0_{step} = u_{step}.w;
  //! else
  let u_{quad}_0_{step} = left[at_{step} + {quad}u * 4u + lane];
  //! end
  //! else
  let u_{quad}_{four}_{step} = left[at_{step} + {quad}u * 4u + {four}u];
  //! end
  //! end
  //! each quad
  //! if quads
  let u_{quad}_1_{step} = quadSwapX(u_{quad}_0_{step});
  let u_{quad}_2_{step} = quadSwapY(u_{quad}_0_{step});
  let u_{quad}_3_{step} = quadSwapDiagonal(u_{quad}_0_{step});
  //! end
  //! each four
  //! each block
  //! each part
  s_{quad}_{four}_{block}_{part} = (((s_{quad}_{four}_{block}_{part}
    + term(u_{quad}_{four}_0 * v_0_{block}_{part}))
    + term(u_{quad}_{four}_1 * v_1_{block}_{part}))
    + term(u_{quad}_{four}_2 * v_2_{block}_{part}))
    + term(u_{quad}_{four}_3 * v_3_{block}_{part});
  //! end
  //! end
  //! end
  //! end
}
