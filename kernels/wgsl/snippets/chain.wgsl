// A line's entry: the line of the next token of its number; see embedding/chains.wgsl.
const LATER = 0x80000000u;
