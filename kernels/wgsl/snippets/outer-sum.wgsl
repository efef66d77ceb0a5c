// insert outer-sum: s[row][column] += term(left · right · share_of(row)) over the rows first … end − 1, in order, and
// as many terms of 0 as make the rows a multiple of 4. `share_of` and `term` are the kernel's own.
for (var row = first; row < end; row += 4u) {
  //! if quads
  let share = select(0.0, share_of(min(row + lane, end - 1u)), row + lane < end);
  //! end
  //! each step
  // The last row again, with a share of 0: what lies beyond may be left over from anything.
  let row_{step} = min(row + {step}u, end - 1u);
  //! if quads
  let share_{step} = quadBroadcast(share, {step}u);
  //! else
  let share_{step} = select(0.0, share_of(row_{step}), row + {step}u < end);
  //! end
  let at_{step} = row_{step} * LEFT_STRIDE + tile.row;
  let by_{step} = row_{step} * RIGHT_STRIDE + tile.column;
  //! if quads
  let u_{quad}_0_{step} = left[at_{step} + {quad}u * 4u + lane];
  //! else
  let u_{quad}_{four}_{step} = left[at_{step} + {quad}u * 4u + {four}u];
  //! end
  let v_{step}_{column} = right[by_{step} + {column}u * 4u] * share_{step};
  //! end
  //! each quad
  //! if quads
  let u_{quad}_1_{step} = quadSwapX(u_{quad}_0_{step});
  let u_{quad}_2_{step} = quadSwapY(u_{quad}_0_{step});
  let u_{quad}_3_{step} = quadSwapDiagonal(u_{quad}_0_{step});
  //! end
  //! each four
  //! each column
  s_{quad}_{four}_{column} = (((s_{quad}_{four}_{column}
    + term(u_{quad}_{four}_0 * v_0_{column}))
    + term(u_{quad}_{four}_1 * v_1_{column}))
    + term(u_{quad}_{four}_2 * v_2_{column}))
    + term(u_{quad}_{four}_3 * v_3_{column});
  //! end
  //! end
  //! end
}
