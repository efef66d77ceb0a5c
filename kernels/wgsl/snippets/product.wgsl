// insert product a=LEFT b=RIGHT:
//     z[row][column] += Σₖ LEFT[at + row·A_STRIDE + k·A_STEP] · RIGHT[w + k·B_DOWN + 4·column·B_ACROSS]
// The sum runs over 4·depth terms in their order, one rounding each: neither the tile's size nor a row's place in it
// can change a bit. `at` stands on the tile's own row (see row_of), `w` on the thread's first column.
for (var k = 0u; k < depth; k++) {
  //! each step
  //! if quads
  let x_{quad}_0_{step} = {a}[at + {quad}u * 4u * A_STRIDE + {step}u * A_STEP];
  //! else
  let x_{quad}_{four}_{step} = {a}[at + ({quad}u * 4u + {four}u) * A_STRIDE + {step}u * A_STEP];
  //! end
  let w_{step}_{column} = {b}[w + {step}u * B_DOWN + {column}u * 4u * B_ACROSS];
  //! end
  //! each quad
  //! if quads
  let x_{quad}_1_{step} = quadSwapX(x_{quad}_0_{step});
  let x_{quad}_2_{step} = quadSwapY(x_{quad}_0_{step});
  let x_{quad}_3_{step} = quadSwapDiagonal(x_{quad}_0_{step});
  //! end
  //! each four
  //! each column
  z_{quad}_{four}_{column} = (((z_{quad}_{four}_{column}
    + x_{quad}_{four}_0 * w_0_{column})
    + x_{quad}_{four}_1 * w_1_{column})
    + x_{quad}_{four}_2 * w_2_{column})
    + x_{quad}_{four}_3 * w_3_{column};
  //! end
  //! end
  //! end
  at += 4u * A_STEP;
  w += 4u * B_DOWN;
}
