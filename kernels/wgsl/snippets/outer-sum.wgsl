// insert outer-sum: s[row][column] += term(left · right · share_of(row)) over the rows first … end − 1, in order, and
// as many terms of 0 as make the rows a multiple of 4. `share_of` and `term` are the kernel's own.
for (var row = first; row < end; row += 4u) {
  //! if quads
  let share = select(0.0, share_of(min(row + lane, end - 1u)), row + lane < end);
  //! if picks
  let own = picked(min(row + lane, end - 1u));
  //! end
  //! end
  //! each step
  // The last row again, with a share of 0: what lies beyond may be left over from anything.
  let row_{step} = min(row + {step}u, end - 1u);
  //! if quads
  let share_{step} = quadBroadcast(share, {step}u);
  //! if picks
  let own_{step} = quadBroadcast(own, {step}u);
  //! else
  let own_{step} = row_{step};
  //! end
  //! else
  let own_{step} = picked(row_{step});
  let share_{step} = select(0.0, share_of(row_{step}), row + {step}u < end);
  //! end
  //! if turned
  let at_{step} = row_{step} * LEFT_STRIDE + tile.row;
  let by_{step} = own_{step} * RIGHT_STRIDE + tile.column;
  //! else
  let at_{step} = own_{step} * LEFT_STRIDE + tile.row;
  let by_{step} = row_{step} * RIGHT_STRIDE + tile.column;
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
  //! if fours
  //! each block
  let v_{step}_{block} = right[(by_{step} >> 2u) + {block}u * 4u] * share_{step};
  let v_{step}_{block}_0 = v_{step}_{block}.x;
  let v_{step}_{block}_1 = v_{step}_{block}.y;
  let v_{step}_{block}_2 = v_{step}_{block}.z;
  let v_{step}_{block}_3 = v_{step}_{block}.w;
  //! end
  //! else
  let v_{step}_{block}_{part} = right[by_{step} + {block}u * ACROSS] * share_{step};
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
