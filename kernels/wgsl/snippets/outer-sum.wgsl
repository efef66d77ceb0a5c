// insert outer-sum: s_quad_four_column += term(left · right · share_of(row)) over the rows first … end − 1, in order.
// `share_of` and `term` are the kernel's own. Two rows a turn, since a loop's registers are copied at every turn.
var at = first * LEFT_STRIDE + tile.row;
var by = first * RIGHT_STRIDE + tile.column;
let whole = first + (end - first) / 2u * 2u;
var row = first;
while (row < whole) {
  //! each two
  {
    //! insert outer-row
  }
  //! end
}
while (row < end) {
  //! insert outer-row
}
