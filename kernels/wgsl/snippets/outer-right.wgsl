// insert outer-right: four rows of `right` from `row` on, each times its share, as v_{step}_{block}_{part}
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
let by_{step} = own_{step} * RIGHT_STRIDE + tile.column;
//! else
let by_{step} = row_{step} * RIGHT_STRIDE + tile.column;
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
