// A token's entry: the next token of its number; see embedding/chains.wgsl.
const LATER = 0x80000000u;
const SKIPPED = 0xffffffffu;
