// Where lines are whole fours, a thread has four numbers side by side, and all distances are in fours; otherwise one.
//! if fours
alias Numbers = vec4f;
alias Places = vec4u;
//! else
alias Numbers = f32;
alias Places = u32;
//! end
