// insert product a=LEFT b=RIGHT:
//     z[row][column] += Σₖ LEFT[row_at(base, row) + k·A_STEP] · RIGHT[w + k·B_DOWN + column·B_ACROSS]
// The sum runs over 4·depth terms in their order, one rounding each: neither the tile's size nor a row's place in it
// can change a bit. `row_at` is the kernel's own, `w` stands on the thread's first column.
// With `a4` LEFT is of vec4f along the sum, with `b4` RIGHT is: along the sum with `down`, otherwise along the columns.
//! if a4
const A_SHIFT = 2u;
//! else
const A_SHIFT = 0u;
//! end
//! if quads
let from_{quad}_0 = row_at(base, tile.row + {quad}u * 4u + lane) >> A_SHIFT;
//! else
let from_{quad}_{four} = row_at(base, tile.row + {quad}u * 4u + {four}u) >> A_SHIFT;
//! end
var at = 0u;
//! if b4
w >>= 2u;
//! end
for (var k = 0u; k < depth; k++) {
  //! if a4
  //! if quads
  let x_{quad}_0 = {a}[from_{quad}_0 + at];
  //! else
  let x_{quad}_{four} = {a}[from_{quad}_{four} + at];
  //! end
  //! else
  //! each step
  //! if quads
  let x_{quad}_0_{step} = {a}[from_{quad}_0 + at + {step}u * A_STEP];
  //! else
  let x_{quad}_{four}_{step} = {a}[from_{quad}_{four} + at + {step}u * A_STEP];
  //! end
  //! end
  //! end
  //! if b4
  //! if down
  let w_{block}_{part} = {b}[w + ({block}u * ACROSS + {part}u) * (B_ACROSS / 4u)];
  //! each block
  //! each part
  let w_0_{block}_{part} = w_{block}_{part}.x;
  let w_1_{block}_{part} = w_{block}_{part}.y;
  let w_2_{block}_{part} = w_{block}_{part}.z;
  let w_3_{block}_{part} = w_{block}_{part}.w;
  //! end
  //! end
  //! else
  let w_{step}_{block} = {b}[w + {step}u * (B_DOWN / 4u) + {block}u * 4u];
  //! each step
  //! each block
  let w_{step}_{block}_0 = w_{step}_{block}.x;
  let w_{step}_{block}_1 = w_{step}_{block}.y;
  let w_{step}_{block}_2 = w_{step}_{block}.z;
  let w_{step}_{block}_3 = w_{step}_{block}.w;
  //! end
  //! end
  //! end
  //! else
  //! each step
  let w_{step}_{block}_{part} = {b}[w + {step}u * B_DOWN + ({block}u * ACROSS + {part}u) * B_ACROSS];
  //! end
  //! end
  //! each quad
  //! if a4
  //! if quads
  let x_{quad}_0_0 = x_{quad}_0.x;
  let x_{quad}_0_1 = x_{quad}_0.y;
  let x_{quad}_0_2 = x_{quad}_0.z;
  let x_{quad}_0_3 = x_{quad}_0.w;
  //! else
  let x_{quad}_{four}_0 = x_{quad}_{four}.x;
  let x_{quad}_{four}_1 = x_{quad}_{four}.y;
  let x_{quad}_{four}_2 = x_{quad}_{four}.z;
  let x_{quad}_{four}_3 = x_{quad}_{four}.w;
  //! end
  //! end
  //! if quads
  let x_{quad}_1_{step} = quadSwapX(x_{quad}_0_{step});
  let x_{quad}_2_{step} = quadSwapY(x_{quad}_0_{step});
  let x_{quad}_3_{step} = quadSwapDiagonal(x_{quad}_0_{step});
  //! end
  //! each four
  //! each block
  //! each part
  z_{quad}_{four}_{block}_{part} = (((z_{quad}_{four}_{block}_{part}
    + x_{quad}_{four}_0 * w_0_{block}_{part})
    + x_{quad}_{four}_1 * w_1_{block}_{part})
    + x_{quad}_{four}_2 * w_2_{block}_{part})
    + x_{quad}_{four}_3 * w_3_{block}_{part};
  //! end
  //! end
  //! end
  //! end
  //! if a4
  at++;
  //! else
  at += 4u * A_STEP;
  //! end
  //! if b4
  //! if down
  w++;
  //! else
  w += B_DOWN;
  //! end
  //! else
  w += 4u * B_DOWN;
  //! end
}
