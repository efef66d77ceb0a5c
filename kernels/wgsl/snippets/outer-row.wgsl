let share = share_of(row);
let v_{column} = right[by + {column}u * 4u] * share;
//! each quad
//! if quads
let near_{quad} = left[at + {quad}u * 4u + lane];
//! end
//! each four
//! if quads
let u_{quad}_{four} = quadBroadcast(near_{quad}, {four}u);
//! else
let u_{quad}_{four} = left[at + {quad}u * 4u + {four}u];
//! end
s_{quad}_{four}_{column} += term(u_{quad}_{four} * v_{column});
//! end
//! end
at += LEFT_STRIDE;
by += RIGHT_STRIDE;
row += 1u;
