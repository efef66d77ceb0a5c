// insert product a=LEFT b=RIGHT: z_row_column += Σₖ LEFT[at + row·A_STRIDE + k] · RIGHT[w + k·B_STRIDE + 4·column]
// The sum runs over 4·DEPTH4 terms in their order, one rounding each: neither the tile's size nor a row's place in it
// can change a bit. Neighbours of a quad stand on neighbouring columns, so a load of RIGHT is one line of memory; with
// `quads` they also load four neighbours of LEFT at once and hand them round, instead of four times one value for all.
for (var k = 0u; k < DEPTH4; k++) {
  //! if quads
  let x_{row} = {a}[at + {row}u * A_STRIDE + lane];
  //! end
  //! each step
  let w_{step}_{column} = {b}[w + {step}u * B_STRIDE + {column}u * 4u];
  //! each row
  //! if quads
  let x_{row}_{step} = quadBroadcast(x_{row}, {step}u);
  //! else
  let x_{row}_{step} = {a}[at + {row}u * A_STRIDE + {step}u];
  //! end
  z_{row}_{column} += x_{row}_{step} * w_{step}_{column};
  //! end
  //! end
  at += 4u;
  w += 4u * B_STRIDE;
}
